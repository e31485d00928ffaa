import {registry} from "@web/core/registry";

/* Is my bank complete? Each line of the card leads to what it tells of, and back. */

/** The lines of the card: where each stands, and what it opens. */
const LINES = [
    ["ponto_bank", ".o_form_view:contains('At the Bank')"],
    ["ponto_difference", ".o_form_view:contains('At the Bank')"],
    [
        "ponto_waiting",
        ".o_action_manager > .o_action :contains('Invoice 5'):not(:contains('Invoice 3'))",
    ],
    ["ponto_removed", ".o_breadcrumb:contains('Removed Transactions')"],
    ["ponto_ignored", ".o_breadcrumb:contains('Ignored Transactions')"],
    ["ponto_announced", ".o_breadcrumb:contains('Announced Transactions')"],
    ["ponto_unexplained", ".o_breadcrumb:contains('Bank Lines Since the Difference')"],
    ["ponto_consent", ".o_form_view:contains('At the Bank')"],
    ["ponto_bank_data", ".o_breadcrumb:contains('Fetches')"],
    ["ponto_next", ".o_form_view:contains('At the Bank')"],
];

const CARD = ".o_kanban_record:has([name='ponto_card'])";

/**
 * @returns {Object} a step that goes back to the dashboard
 */
function goBack() {
    return {
        content: "Back to the dashboard",
        trigger: "body",
        run() {
            odoo.__WOWL_DEBUG__.root.env.services.action.doAction(
                "account.open_account_journal_dashboard_kanban",
                {clearBreadcrumbs: true}
            );
        },
    };
}

registry.category("web_tour.tours").add("ponto_card", {
    steps: () => [
        {
            content: "Nothing of the card is wider than the screen",
            trigger: CARD,
            run({anchor}) {
                const more = anchor.scrollWidth - anchor.clientWidth;
                if (more > 1) {
                    throw new Error(`${more} pixels beside the card`);
                }
            },
        },
        ...LINES.flatMap(([name, opened]) => [
            {
                content: `Follow ${name}`,
                trigger: `${CARD} [name='${name}'] a`,
                run: "click",
            },
            {
                content: `${name} has opened`,
                trigger: opened,
            },
            goBack(),
            {
                content: "The dashboard is there again",
                trigger: CARD,
            },
        ]),
        {
            content: "Open the menu of the card",
            trigger: CARD,
            // It shows once the mouse is over the card.
            run: ({anchor}) =>
                anchor.querySelector(".o_dropdown_kanban .dropdown-toggle").click(),
        },
        {
            content: "The feed is in it",
            trigger: ".o-dropdown--menu [name='ponto_open_feed'] a",
            run: "click",
        },
        {
            content: "The feed has opened",
            trigger: ".o_form_view:contains('At the Bank')",
        },
    ],
});
