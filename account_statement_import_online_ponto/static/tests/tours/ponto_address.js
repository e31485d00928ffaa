import {registry} from "@web/core/registry";

/* A link that names a client action of ours opens the usual page, and does nothing. */
registry.category("web_tour.tours").add("ponto_address", {
    steps: () => [
        {
            content: "Odoo is there, and asks nothing",
            trigger: "body:not(:has(.modal)) .o_action_manager > div",
        },
    ],
});
