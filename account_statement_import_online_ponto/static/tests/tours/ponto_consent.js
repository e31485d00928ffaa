import {registry} from "@web/core/registry";

/* The bank's consent has expired: the one thing to do is in Ponto. */
registry.category("web_tour.tours").add("ponto_consent_expired", {
    steps: () => [
        {
            content: "The feed is expired",
            trigger:
                "[name='ponto_status'] .o_arrow_button_current[data-value='expired']",
        },
        {
            content: "One banner, with the way to Ponto in a window of its own",
            trigger:
                ".alert:has(div[name='ponto_bank_notice']) a[href='https://dashboard.myponto.com'][target='_blank'][rel='noopener']",
            run() {
                const banners = document.querySelectorAll(".o_form_view .alert");
                if (banners.length !== 1) {
                    throw new Error(`There are ${banners.length} banners`);
                }
            },
        },
    ],
});

/* It was renewed in Ponto: fetching shows it, and brings what was missing. */
registry.category("web_tour.tours").add("ponto_consent_renewed", {
    steps: () => [
        {
            content: "The banner is still there",
            trigger: ".alert div[name='ponto_bank_notice']",
        },
        {
            content: "Fetch",
            trigger: ".o_statusbar_buttons button.btn-primary:contains('Fetch')",
            run: "click",
        },
        {
            content: "The notification counts",
            trigger: ".o_notification:contains('1 new, 0 known')",
        },
        {
            content: "Back to the feed",
            trigger: ".o_list_view .o_back_button a",
            run: "click",
        },
        {
            content: "It is connected, and the banner is gone",
            trigger:
                ".o_form_view:not(:has(.alert-warning, .alert-danger)):has(.alert-success button[name='action_ponto_open_news']) [name='ponto_status'] .o_arrow_button_current[data-value='connected']",
        },
    ],
});
