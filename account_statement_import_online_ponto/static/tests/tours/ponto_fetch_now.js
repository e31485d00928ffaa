import {registry} from "@web/core/registry";

/* From the bank's card to what the bank has new. */
registry.category("web_tour.tours").add("ponto_fetch_now", {
    steps: () => {
        const told = new Set();
        const observer = new MutationObserver(() => {
            told.add(document.querySelector(".o_blockUI")?.textContent);
        });
        return [
            {
                content: "Fetch",
                trigger: "#ponto_fetch_btn",
                async run({click}) {
                    observer.observe(document.body, {
                        childList: true,
                        characterData: true,
                        subtree: true,
                    });
                    await click();
                },
            },
            {
                content: "The notification counts",
                trigger: ".o_notification:contains('2 new, 1 known')",
            },
            {
                content: "Which lines these are is a filter that can be removed",
                trigger: ".o_facet_values:contains('Bank, ')",
            },
            {
                content: "It leads to what is new, and to nothing else",
                trigger:
                    ".o_list_view:has(td[name='payment_ref']:contains('Invoice 2026/118')):has(td[name='payment_ref']:contains('Invoice 2026/119')):not(:contains('Read before'))",
                run() {
                    observer.disconnect();
                    if (![...told].some((text) => text?.includes("Asking the bank"))) {
                        throw new Error("It was not told what is waited for");
                    }
                },
            },
        ];
    },
});

/* A press that finds nothing new stays where one is, and tells so. */
registry.category("web_tour.tours").add("ponto_fetch_nothing", {
    steps: () => [
        {
            content: "Fetch",
            trigger: "#ponto_fetch_btn",
            run: "click",
        },
        {
            content: "Nothing is new, but something waits: decide on it",
            trigger:
                ".o_notification:contains('0 new') button:contains('Decide on 1 waiting')",
        },
        {
            content: "The card is still there",
            trigger: ".o_kanban_view #ponto_fetch_btn",
        },
        {
            content: "Go to what waits",
            trigger: ".o_notification button:contains('Decide on 1 waiting')",
            run: "click",
        },
        {
            content: "It is there",
            trigger:
                ".o_data_row:contains('Rent of May'), .o_kanban_record:contains('Rent of May')",
        },
    ],
});

/* On a phone what came is on cards: day, counterpart, label and amount. */
registry.category("web_tour.tours").add("ponto_fetch_phone", {
    steps: () => [
        {
            content: "Fetch",
            trigger: "#ponto_fetch_btn",
            run: "click",
        },
        {
            content: "The new line tells day, counterpart, label and amount",
            trigger:
                ".o_kanban_record:contains('Bakkerij Jansen'):contains('Invoice 2026/118'):contains('118.00'):contains('2026'):not(:contains('BNK1/'))",
        },
    ],
});
