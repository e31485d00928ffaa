import {registry} from "@web/core/registry";

/* From the bank's card to a preview, and from there to what was ticked. */
registry.category("web_tour.tours").add("ponto_preview", {
    steps: () => [
        {
            content: "Open the card's menu",
            trigger: ".o_kanban_record:has(#ponto_fetch_btn)",
            run: "hover && click .o_kanban_record:has(#ponto_fetch_btn) .o_dropdown_kanban .dropdown-toggle",
        },
        {
            content: "Choose a period",
            trigger: "div[name='ponto_pull_period'] a",
            run: "click",
        },
        {
            content: "Days are asked for, not moments",
            trigger:
                ".modal:has(div[name='ponto_date_from']):not(:has(div[name='date_since']))",
        },
        {
            content: "No calendar hides the buttons: preview",
            trigger:
                "body:not(:has(.o_datetime_picker)) .modal button[name='action_ponto_preview']",
            run: "click",
        },
        {
            content: "The similar line is named",
            trigger:
                ".modal .o_data_row:contains('RENT july'):contains('Similar Line') td[name='explanation']:contains('similar line from elsewhere')",
        },
        {
            content: "The other currency cannot be ticked",
            trigger:
                ".modal .o_data_row:contains('Abroad'):contains('Other Currency'):not(:has(td[name='is_ticked'] input))",
        },
        {
            content: "Tick one of the two new ones",
            trigger:
                ".modal .o_data_row:contains('Invoice 2026/119') td[name='is_ticked'] input",
            run: "click",
        },
        {
            content: "It is ticked, and the other one is not",
            trigger:
                ".modal:has(.o_data_row:contains('Invoice 2026/119') input:checked):not(:has(.o_data_row:contains('Invoice 2026/118') input:checked))",
        },
        {
            content: "Import it",
            trigger: ".modal button[name='action_ponto_import_ticked']",
            run: "click",
        },
        {
            content: "The notification counts",
            trigger: ".o_notification:contains('1 new, 0 known')",
        },
        {
            content: "The transaction is there, alone",
            trigger:
                ".o_list_view:has(td[name='payment_ref']:contains('Invoice 2026/119')):not(:has(td[name='payment_ref']:contains('Invoice 2026/118')))",
        },
    ],
});
