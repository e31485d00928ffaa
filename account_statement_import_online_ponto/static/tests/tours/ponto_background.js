import {PontoProgress} from "@account_statement_import_online_ponto/ponto_progress/ponto_progress";
import {registry} from "@web/core/registry";

/* A long import: seen, stopped and let go on by a bookkeeper. */
registry.category("web_tour.tours").add("ponto_background", {
    steps: () => {
        let seen = 0;
        return [
            {
                content: "Nothing is shown where nothing runs",
                trigger: ".o_form_view:not(:has(.o_ponto_progress))",
                run() {
                    PontoProgress.patience = 300;
                },
            },
            {
                content: "Fetch",
                trigger: ".o_statusbar_buttons button.btn-primary:contains('Fetch')",
                run: "click",
            },
            {
                content: "It takes too long to wait for",
                trigger:
                    ".o_notification:contains('0 imported so far; the rest goes on in the background')",
            },
            {
                content: "The bar is there, for those who hear it, too",
                trigger:
                    ".o_ponto_progress [role='progressbar'][aria-valuenow][aria-valuetext^='Reading']",
                run({anchor}) {
                    seen = Number(anchor.getAttribute("aria-valuenow"));
                },
            },
            {
                content: "It moves by itself",
                trigger: ".o_ponto_progress_text:contains('Importing: 8 of 40')",
                run() {
                    const bar = document.querySelector("[role='progressbar']");
                    if (Number(bar.getAttribute("aria-valuenow")) <= seen) {
                        throw new Error("The bar has not moved");
                    }
                },
            },
            {
                content: "Stop",
                trigger: ".o_ponto_progress button:contains('Pause')",
                run: "click",
            },
            {
                content: "One banner tells who stopped it, and what waits",
                trigger:
                    ".o_form_view:not(:has(.o_ponto_progress)) .alert:contains('Paused by ponto_bookkeeper')",
                run() {
                    const banners = document.querySelectorAll(
                        ".o_form_view .alert:not(.o_invisible_modifier)"
                    );
                    if (banners.length !== 1) {
                        throw new Error(`There are ${banners.length} banners`);
                    }
                },
            },
            {
                content: "The feed is paused",
                trigger: ".o_arrow_button_current:contains('Paused')",
            },
            {
                content: "Nothing else can be pulled",
                trigger: ".o_form_statusbar:not(:has(button:contains('Fetch')))",
            },
            {
                content: "Go on",
                trigger: ".alert button[name='action_ponto_go_on']",
                run: "click",
            },
            {
                content: "The bar is there again",
                trigger: ".o_ponto_progress_text:contains('Importing')",
            },
            {
                content: "It ends, and the feed is as before",
                trigger:
                    ".o_form_view:not(:has(.o_ponto_progress)) .o_statusbar_buttons button.btn-primary:contains('Fetch')",
                timeout: 60000,
            },
        ];
    },
});
