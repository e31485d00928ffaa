import {registry} from "@web/core/registry";

const RECORD = ".o_kanban_record";

/* From the bank's card to the screen of account_reconcile_oca: what the feed has settled
 * is settled there, the rest is theirs. */
registry.category("web_tour.tours").add("ponto_reconcile_oca", {
    steps: () => [
        {
            content: "Fetch",
            trigger: "#ponto_fetch_btn",
            run: "click",
        },
        {
            content: "It leads to their screen, where what is certain is settled",
            trigger: `${RECORD}:contains('in full'):contains('Reconciled')`,
        },
        {
            content: "Open what is left",
            trigger: `${RECORD}:contains('Says nothing'):not(:contains('Reconciled'))`,
            run: "click",
        },
        {
            content: "Choose the invoice of 60.50",
            trigger:
                ".o_form_view:contains('Says nothing') .o_data_row:contains('60.50') td[name='amount_residual'], .o_form_view:contains('Says nothing') .o_data_row:contains('60.50') td[name='name']",
            run: "click",
        },
        {
            content: "Reconcile",
            trigger:
                "button[name='reconcile_bank_line']:not(.disabled):not([disabled])",
            run: "click",
        },
        {
            content: "It is settled there, too",
            trigger: `${RECORD}:contains('Says nothing'):contains('Reconciled')`,
        },
    ],
});
