import {registry} from "@web/core/registry";

/* The morning page: all feeds at once, on a desktop and on a phone. */

registry.category("web_tour.tours").add("ponto_fetch_all", {
    steps: () => [
        {
            content: "Fetch for all feeds",
            trigger: "button[name='action_ponto_fetch_all']",
            run: "click",
        },
        {
            content: "It is told for how many",
            trigger: ".o_notification:contains('Fetching for 2 feeds')",
        },
    ],
});
