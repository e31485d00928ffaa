import {PontoProgress} from "@account_statement_import_online_ponto/ponto_progress/ponto_progress";
import {registry} from "@web/core/registry";

/* How often people click from the first screen of Odoo on, with the two codes at hand,
 * until they see that the first lines are there; the way is short on purpose. */
const MOST_CLICKS = 8;

/* From any screen to the first lines of a bank. */
registry.category("web_tour.tours").add("ponto_connect_wizard", {
    steps: () => {
        let clicks = 0;
        const count = () => {
            clicks++;
        };
        return [
            {
                content: "Open the apps",
                trigger: ".o_navbar_apps_menu button",
                run({click}) {
                    PontoProgress.patience = 300;
                    document.addEventListener("click", count, {capture: true});
                    return click();
                },
            },
            {
                content: "Open Invoicing",
                trigger: ".o-dropdown-item[data-menu-xmlid='account.menu_finance']",
                run: "click",
            },
            {
                content: "Connect",
                trigger: ".o_kanban_record:contains('Bank') #ponto_connect_btn",
                run: "click",
            },
            {
                content: "The link fills in the integration's name",
                trigger:
                    ".modal a[href^='https://dashboard.myponto.com/new-custom-integration?customIntegrationName=Odoo']",
            },
            {
                content: "Enter the Client ID",
                trigger: ".modal div[name='client_id'] input",
                run: "edit simulated-client-id",
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
                content: "The feed is there",
                trigger:
                    "body:not(:has(.modal)) .o_form_view div[name='username'] input:value('simulated-client-id')",
            },
            {
                content: "Its first line is there by itself, after few clicks",
                trigger:
                    ".o_form_view:not(:has(.o_ponto_progress)) button[name='action_ponto_open_transactions'] div[name='ponto_transaction_count']:contains('1')",
                timeout: 60000,
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

/* On a phone what is proposed can be read and changed before anything is made of it. */
registry.category("web_tour.tours").add("ponto_connect_phone", {
    steps: () => [
        {
            content: "Enter the Client ID",
            trigger: ".modal div[name='client_id'] input",
            run: "edit simulated-client-id",
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
            content: "The journal that would be made is named: change that",
            trigger:
                ".modal .o_kanban_record:contains('BE15 0017 6543 2130 EUR'):contains('New Journal')",
            run: "click",
        },
        {
            content: "It can be called otherwise",
            trigger: ".modal div[name='journal_name'] input",
            run: "edit Savings",
        },
        {
            content: "Save that",
            trigger: ".modal .o_form_button_save",
            run: "click",
        },
        {
            content: "On to the start",
            trigger:
                "body:not(:has(.modal .o_form_button_save)) .modal:has(.o_kanban_record:contains('Savings')) button[name='action_choose_start']",
            run: "click",
        },
        {
            content: "A day is proposed, with its reason",
            trigger:
                ".modal .o_kanban_record:contains('BE68 5390 0754 7034 EUR'):contains('90 days back')",
        },
        {
            content: "Finish",
            trigger: ".modal button[name='action_finish']",
            run: "click",
        },
        {
            content: "The feeds are there",
            trigger:
                "body:not(:has(.modal)) .o_list_view, body:not(:has(.modal)) .o_kanban_view",
        },
    ],
});
