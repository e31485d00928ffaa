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
