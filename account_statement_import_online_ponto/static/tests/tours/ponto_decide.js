import {registry} from "@web/core/registry";

/* What waits is decided from the bank's card on: the same, imported, ignored. Nothing is
 * found by its words, so that the way is the same in each language. */
const decide = () => [
    {
        content: "Open what waits, from the card",
        trigger: "a[name='action_ponto_open_waiting']:contains('3')",
        run: "click",
    },
    {
        content: "The three are there",
        trigger: ".o_list_view .o_data_row:nth-child(3):contains('Invoice 2026/99')",
    },
    {
        content: "What looks like no line has no such button",
        trigger:
            ".o_data_row:contains('Invoice 2026/99'):not(:has(button[name='action_same_as']))",
    },
    {
        content: "The rent was entered by hand, as the line that is named tells",
        trigger:
            ".o_data_row:contains('RENT july'):has(td[name='similar_text']:contains('Rent July')) button[name='action_same_as']",
        run: "click",
    },
    {
        content: "Import the invoice",
        trigger:
            ".o_list_view:not(:contains('RENT july')) .o_data_row:contains('Invoice 2026/99') button[name='action_import']",
        run: "click",
    },
    {
        content: "It is told what was done; and undone at once",
        trigger:
            ".o_notification:contains('Invoice 2026/99') .o_notification_buttons button",
        run: "click",
    },
    {
        content: "The invoice waits again: import it for good",
        trigger:
            "body:has(.o_notification:contains('Invoice 2026/99')):not(:has(.o_notification_buttons)) .o_list_view:not(:contains('RENT july')) .o_data_row:contains('Invoice 2026/99') button[name='action_import']",
        run: "click",
    },
    {
        content: "Leave the fuel out",
        trigger:
            ".o_list_view:not(:contains('Invoice 2026/99')) .o_data_row:contains('FUEL') button[name='action_ignore']",
        run: "click",
    },
    {
        content: "Nothing waits",
        trigger: ".o_list_view:not(:has(.o_data_row))",
    },
];

registry.category("web_tour.tours").add("ponto_decide", {steps: decide});

/**
 * Read on the screen what somebody reads whose language is French.
 *
 * @param {Object} words by selector
 */
function read(words) {
    for (const [selector, word] of Object.entries(words)) {
        const said = document.querySelector(selector)?.textContent.trim();
        if (!said?.includes(word)) {
            throw new Error(`${selector} says "${said}" instead of "${word}"`);
        }
    }
}

registry.category("web_tour.tours").add("ponto_decide_french", {
    steps: () => [
        {
            content: "The card is in French",
            trigger: "#ponto_fetch_btn",
            run() {
                read({
                    "#ponto_fetch_btn": "Récupérer",
                    "a[name='action_ponto_open_waiting']": "3 En attente",
                });
            },
        },
        ...decide().slice(0, 3),
        {
            content: "The list is in French",
            trigger: ".o_data_row button[name='action_same_as']",
            run() {
                read({
                    ".o_breadcrumb": "Transactions bancaires en attente",
                    "th[data-name='reason']": "Motif",
                    "button[name='action_same_as']": "Identique à la ligne similaire",
                    "button[name='action_import']": "Importer",
                    "button[name='action_ignore']": "Ignorer",
                });
            },
        },
        ...decide().slice(3),
    ],
});

/* On a phone: from the card of what waits to its form, and the decision there. */
registry.category("web_tour.tours").add("ponto_decide_phone", {
    steps: () => [
        {
            content: "The similar line is told on the card",
            trigger: ".o_kanban_record:contains('RENT july'):contains('Rent July')",
            run: "click",
        },
        {
            content: "What is likely comes first: it is the same",
            trigger: ".o_statusbar_buttons > button:first-child[name='action_same_as']",
            run: "click",
        },
        {
            content: "It is told, and could be undone",
            trigger:
                ".o_notification:contains('Same as the line') button:contains('Undo')",
        },
        {
            content: "Nothing is left to decide",
            trigger: ".o_form_view:not(:has(button[name='action_same_as']))",
        },
    ],
});
