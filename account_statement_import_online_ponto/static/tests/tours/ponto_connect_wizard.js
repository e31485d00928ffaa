import {registry} from "@web/core/registry";

/* How often people click once the assistant is open; the way is short on purpose. */
const MOST_CLICKS = 8;

/* From the bank's card on the dashboard to its feed. */
registry.category("web_tour.tours").add("ponto_connect_wizard", {
    steps: () => {
        let clicks = 0;
        const count = () => {
            clicks++;
        };
        return [
            {
                content: "Connect",
                trigger: ".o_kanban_record:contains('Bank') #ponto_connect_btn",
                run: "click",
            },
            {
                content: "The link fills in the integration's name",
                trigger:
                    ".modal a[href^='https://dashboard.myponto.com/new-custom-integration?customIntegrationName=Odoo']",
                run() {
                    document.addEventListener("click", count, {capture: true});
                },
            },
            {
                content: "Click into the Client ID",
                trigger: ".modal div[name='client_id'] input",
                run: "click",
            },
            {
                content: "Enter the Client ID",
                trigger: ".modal div[name='client_id'] input",
                run: "edit simulated-client-id",
            },
            {
                content: "Click into the Client Secret",
                trigger: ".modal div[name='client_secret'] input[type='password']",
                run: "click",
            },
            {
                content: "Enter the Client Secret",
                trigger: ".modal div[name='client_secret'] input[type='password']",
                run: "edit simulated-client-secret",
            },
            {
                content: "On to the accounts",
                trigger: ".modal button[name='action_log_in']",
                run: "click",
            },
            {
                content: "The journal of the account is proposed",
                trigger:
                    ".modal .o_data_row:contains('BE68 5390 0754 7034') td[name='journal_id']:contains('Bank')",
            },
            {
                content: "On to the start",
                trigger: ".modal button[name='action_choose_start']",
                run: "click",
            },
            {
                content: "A day is proposed, with its reason",
                trigger:
                    ".modal .o_data_row td[name='start_reason']:contains('90 days back')",
            },
            {
                content: "Finish",
                trigger: ".modal button[name='action_finish']",
                run: "click",
            },
            {
                content: "The feed is there, after few clicks",
                trigger:
                    "body:not(:has(.modal)) .o_form_view div[name='username'] input:value('simulated-client-id')",
                run() {
                    document.removeEventListener("click", count, {capture: true});
                    if (!clicks || clicks > MOST_CLICKS) {
                        throw new Error(`It took ${clicks} clicks`);
                    }
                },
            },
        ];
    },
});
