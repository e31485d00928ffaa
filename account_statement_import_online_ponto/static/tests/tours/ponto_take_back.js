import {registry} from "@web/core/registry";

/* An import is taken back, and one of its transactions is brought in after all. */
registry.category("web_tour.tours").add("ponto_take_back", {
    steps: () => [
        {
            content: "Open the import",
            trigger: ".o_data_row td[name='started_by']:contains('Scheduled')",
            run: "click",
        },
        {
            content: "It tells what it did",
            trigger:
                ".o_form_view div[name='balance_state']:contains('Equals the bank')",
        },
        {
            content: "Take it back",
            trigger: "button[name='action_ask_take_back']",
            run: "click",
        },
        {
            content: "Confirm what happens then: two lines, of fifteen euros",
            trigger:
                ".modal:contains('2 bank transactions, together'):contains('15.00'):contains('no fetch imports them again') .modal-footer .btn-primary",
            run: "click",
        },
        {
            content: "See who has taken it back, and what is removed",
            trigger: ".alert:contains('Undone by ponto_bookkeeper') button",
            run: "click",
        },
        {
            content: "Bring one of them in after all",
            trigger: ".o_data_row:contains('Invoice 7') button[name='action_import']",
            run: "click",
        },
        {
            content: "It is in the journal again, the other one is not",
            trigger:
                ".o_list_view:not(:contains('Invoice 7')) .o_data_row:contains('Invoice 8')",
        },
    ],
});
