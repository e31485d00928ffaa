import {fill, press} from "@odoo/hoot-dom";
import {registry} from "@web/core/registry";

/** More than anybody wants to press Tab, to get from one thing to the next. */
const MOST_TABS = 25;

/**
 * Go on with Tab to something, and use it with Enter.
 *
 * @param {String} selector
 */
async function reach(selector) {
    const dialog = document.querySelector(".modal");
    for (let tabs = 0; tabs <= MOST_TABS; tabs++) {
        if (tabs && !dialog.contains(document.activeElement)) {
            throw new Error(`After ${tabs} times Tab the focus has left the dialog`);
        }
        if (document.activeElement.matches(selector)) {
            return await press("Enter");
        }
        await press("Tab");
    }
    throw new Error(`Tab does not lead to ${selector}`);
}

/* The assistant without a mouse: typing, Tab and Enter. */
registry.category("web_tour.tours").add("ponto_connect_keyboard", {
    steps: () => [
        {
            content: "The first thing to enter has the focus",
            trigger: ".modal div[name='client_id'] input:focus",
            async run() {
                await fill("simulated-client-id");
                await press("Tab");
            },
        },
        {
            content: "Tab leads to the secret, and from there on",
            trigger: ".modal div[name='client_secret'] input:focus",
            async run() {
                await fill("simulated-client-secret");
                await reach("button[name='action_log_in']");
            },
        },
        {
            content: "Go on with the proposed journal",
            trigger: ".modal button[name='action_choose_start']",
            run: () => reach("button[name='action_choose_start']"),
        },
        {
            content: "Finish with the proposed day",
            trigger: ".modal button[name='action_finish']",
            run: () => reach("button[name='action_finish']"),
        },
        {
            content: "The feed is there",
            trigger:
                "body:not(:has(.modal)) .o_form_view div[name='username'] input:value('simulated-client-id')",
        },
    ],
});
