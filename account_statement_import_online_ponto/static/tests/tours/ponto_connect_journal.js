import {registry} from "@web/core/registry";

/* From a bank journal to its transactions, as users' manuals describe the way. */
registry.category("web_tour.tours").add("ponto_connect_journal", {
    steps: () => [
        {
            content: "Choose the online feed",
            trigger:
                "div[name='bank_statements_source'] label:contains('Online (OCA)')",
            run: "click",
        },
        {
            content: "Open the list of providers",
            trigger: "div[name='online_bank_statement_provider'] input",
            run: "click",
        },
        {
            content: "The test service is not offered",
            trigger:
                ".o_select_menu_menu:not(:has(.o_select_menu_item:contains('Dummy')))",
        },
        {
            content: "Choose MyPonto.com",
            trigger: ".o_select_menu_item:contains('MyPonto.com')",
            run: "click",
        },
        {
            content: "Save the journal",
            trigger: ".o_form_button_save",
            run: "click",
        },
        {
            content: "Open the provider",
            trigger:
                "div[name='online_bank_statement_provider_id'] a:contains('Bank — MyPonto.com')",
            run: "click",
        },
        {
            content: "Enter the Client ID",
            trigger: "div[name='username'] input",
            run: "edit simulated-client-id",
        },
        {
            content: "Enter the Client Secret",
            trigger: "div[name='password'] input[type='password']",
            run: "edit simulated-client-secret",
        },
        {
            content: "Save the provider",
            trigger: ".o_form_button_save",
            run: "click",
        },
        {
            content: "The secret is shown as dots, and did not come back",
            trigger: "div[name='password'] input[placeholder='••••••••••••']",
            run({anchor}) {
                if (anchor.value) {
                    throw new Error("The secret came back to the browser");
                }
            },
        },
        {
            content: "Pull",
            trigger: ".o_statusbar_buttons button:contains('Fetch a Period')",
            run: "click",
        },
        {
            content: "Import the proposed days",
            trigger: ".modal button[name='action_pull']",
            run: "click",
        },
        {
            content: "The notification counts",
            trigger: ".o_notification:contains('1 new, 0 known')",
        },
        {
            content: "The transaction is there",
            trigger: ".o_list_view td[name='payment_ref']:contains('Invoice 2026/118')",
        },
    ],
});
