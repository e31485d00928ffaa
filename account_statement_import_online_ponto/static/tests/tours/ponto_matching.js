import {registry} from "@web/core/registry";

/* A bookkeeper settles the day: accepts, chooses, sets as, undoes. On a desktop the lines
 * are rows of a list, on a phone cards. */

const LINE = ".o_data_row, .o_kanban_record";

const buttonOf = (text, name) =>
    LINE.split(", ")
        .map((sign) => `${sign}:contains('${text}') button[name='${name}']`)
        .join(", ");

const settleTheDay = () => [
    {
        content: "What is likely and why stands beside the line",
        trigger: LINE.split(", ")
            .map((sign) => `${sign}:contains('Pays Bakkerij'):contains('Certain')`)
            .join(", "),
    },
    {
        content: "Accept it",
        trigger: buttonOf("Pays Bakkerij", "action_ponto_accept"),
        run: "click",
    },
    {
        content: "It is gone; choose an item for another one",
        trigger: `.o_view_controller:not(:contains('Pays Bakkerij')) ${buttonOf(
            "Says nothing",
            "action_ponto_choose"
        ).replace(", ", ", .o_view_controller:not(:contains('Pays Bakkerij')) ")}`,
        run: "click",
    },
    {
        content: "Settle it with the invoice of 60.50",
        trigger: ".o_data_row:contains('60.50') button[name='action_ponto_settle']",
        run: "click",
    },
    {
        content: "Set the fee",
        trigger: buttonOf("Bank costs", "action_ponto_set_as"),
        run: "click",
    },
    {
        content: "As a fee",
        trigger:
            ".o_data_row:contains('Fees of a bank') button[name='action_ponto_set']",
        run: "click",
    },
    {
        content: "Nothing is left",
        trigger: ".o_view_nocontent:contains('Every bank line is settled')",
    },
];

registry.category("web_tour.tours").add("ponto_settle_the_day", {steps: settleTheDay});

/* What is ticked is accepted at once, as it is shown. */

const acceptTicked = () => [
    {
        content: "Tick a line whose invoice is shown",
        trigger: ".o_data_row:contains('Certain') .o_list_record_selector input",
        run: "click",
    },
    {
        content: "Accept what is ticked",
        trigger: ".o_control_panel button[name='action_ponto_accept']",
        run: "click",
    },
    {
        content: "Nothing is left",
        trigger: ".o_view_nocontent:contains('Every bank line is settled')",
    },
];

registry.category("web_tour.tours").add("ponto_accept_ticked", {steps: acceptTicked});
