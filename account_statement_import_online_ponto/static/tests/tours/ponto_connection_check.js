import {registry} from "@web/core/registry";

/* From a feed to what stands in its way, and to the repair. */
registry.category("web_tour.tours").add("ponto_connection_check", {
    steps: () => [
        {
            content: "The banner leads to what waits",
            trigger:
                ".alert:contains('wait for a decision') button:contains('Show Them')",
        },
        {
            content: "Check the connection",
            trigger:
                ".o_statusbar_buttons button[name='action_ponto_check_connection']",
            run: "click",
        },
        {
            content: "What is fine says so in words",
            trigger:
                ".modal .o_kanban_record:contains('Login'):contains('Fine'):not(:has(button))",
        },
        {
            content: "A repair that others may do names them",
            trigger:
                ".modal .o_kanban_record:contains('Scheduled Action'):contains('A system administrator can repair this'):not(:has(button))",
        },
        {
            content: "Go to what waits",
            trigger:
                ".modal .o_kanban_record:contains('Waiting Transactions'):contains('To Look At') button:contains('Show Them')",
            run: "click",
        },
        {
            content: "The transaction is there, and the dialog is gone",
            trigger:
                "body:not(:has(.modal)) .o_list_view td[name='payment_ref']:contains('Rent of May')",
        },
    ],
});
