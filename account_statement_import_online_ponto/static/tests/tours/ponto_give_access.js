import {registry} from "@web/core/registry";

/* An administrator lets a colleague see bank feeds, in the user form. */
registry.category("web_tour.tours").add("ponto_give_access", {
    steps: () => [
        {
            content: "Open the access rights",
            trigger: ".o_form_view .nav-link[name='access_rights']",
            run: "click",
        },
        {
            content: "Look at what bank feeds offer",
            trigger: ".o_form_view label.o_form_label:contains('Bank Feeds')",
            run: ({anchor}) => document.getElementById(anchor.htmlFor).click(),
        },
        {
            content: "Choose User",
            trigger: ".o_select_menu_item:contains('User')",
            run: "click",
        },
        {
            content: "Save",
            trigger: ".o_form_button_save",
            run: "click",
        },
        {
            content: "It is saved",
            trigger: ".o_form_status_indicator_buttons.invisible:not(:visible)",
        },
    ],
});

/* The colleague finds feeds in the menu, their overview, and what waits. */
registry.category("web_tour.tours").add("ponto_new_colleague", {
    steps: () => [
        {
            content: "Open the menu",
            trigger: "button[data-menu-xmlid='account.menu_finance_entries']",
            run: "click",
        },
        {
            content: "Feeds are in it",
            trigger:
                ".o-dropdown--menu [data-menu-xmlid='account_statement_import_online_ponto.ponto_feeds_menu']",
            run: "click",
        },
        {
            content: "The overview tells how the feed is doing",
            trigger:
                ".o_list_view .o_data_row:has(td[name='ponto_status']:contains('Connected'))",
        },
        {
            content: "Fetch for all of them",
            trigger: ".o_control_panel button:contains('Fetch All')",
            run: "click",
        },
        {
            content: "It is told what happens",
            trigger: ".o_notification:contains('Fetching for 1 feeds')",
        },
        {
            content: "Look at them as a graph",
            trigger: ".o_switch_view.o_graph",
            run: "click",
        },
        {
            content: "It is drawn",
            trigger: ".o_graph_renderer canvas",
        },
        {
            content: "Back to the list",
            trigger: ".o_switch_view.o_list",
            run: "click",
        },
        {
            content: "Open the feed",
            trigger: ".o_data_row td[name='journal_id']",
            run: "click",
        },
        {
            content: "Its settings are not theirs to change, its buttons are theirs",
            trigger: ".o_statusbar_buttons button:contains('Check the Connection')",
        },
    ],
});
