import {registry} from "@web/core/registry";
import {utils} from "@web/core/ui/ui_service";

/** The least contrast of a text, and of a large one (WCAG 2.1 AA, 1.4.3). */
const LEAST_CONTRAST = 4.5;
const LEAST_CONTRAST_LARGE = 3;

/** What Odoo itself puts around and into each view. */
const FOREIGN = [
    ".o_control_panel, .modal-header, .o-mail-Form-chatter, .o_statusbar_status",
    ".o_form_label",
    ".o_list_record_selector, .o_optional_columns_dropdown, .o_data_cell .o-checkbox",
    ".badge, .o_data_row.text-muted, sup[data-tooltip-template]",
    "[name='interval_type']", // of the addon below
].join();

const MODULE = "account_statement_import_online_ponto";
const PROVIDER = "online.bank.statement.provider";

// === LABELS === //

/**
 * @param {Element} element
 * @returns {String} how assistive technology calls a control; not its placeholder
 */
function getName(element) {
    const ids = (element.getAttribute("aria-labelledby") || "").split(" ");
    const names = [
        ...ids.map((id) => document.getElementById(id)?.textContent),
        element.getAttribute("aria-label"),
        ...[...(element.labels || [])].map((label) => label.textContent),
        element.matches("input, select, textarea") ? "" : element.textContent,
        element.querySelector("[aria-label], img[alt]")?.getAttribute("aria-label"),
        element.title,
        element.dataset.tooltip,
    ];
    return names.find((name) => name?.trim()) || "";
}

// === COLOURS === //

/**
 * @param {String} colour as the browser computes it
 * @returns {Array} red, green, blue and opacity
 */
function parse(colour) {
    const [red, green, blue, opacity = 1] = colour.match(/[\d.]+/g).map(Number);
    return [red, green, blue, opacity];
}

/**
 * @param {Array} above
 * @param {Array} below
 * @returns {Array} the colour that is seen where one lies on the other
 */
function lay(above, below) {
    const mixed = [0, 1, 2].map((i) => above[i] * above[3] + below[i] * (1 - above[3]));
    return [...mixed, 1];
}

/**
 * @param {Array} colour
 * @returns {Number} relative luminance
 */
function getLuminance(colour) {
    const [red, green, blue] = colour.map((value) => {
        const part = value / 255;
        return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/**
 * @param {Element} element with a text of its own
 * @returns {Number} contrast of the text to what is behind it
 */
function getContrast(element) {
    const layers = [];
    let opacity = 1;
    for (let node = element; node; node = node.parentElement) {
        const style = getComputedStyle(node);
        layers.push(parse(style.backgroundColor));
        opacity *= Number(style.opacity);
    }
    const behind = layers.reduceRight(
        (below, above) => lay(above, below),
        [255, 255, 255, 1]
    );
    const text = parse(getComputedStyle(element).color);
    text[3] *= opacity;
    const [dark, light] = [getLuminance(lay(text, behind)), getLuminance(behind)].sort(
        (a, b) => a - b
    );
    return (light + 0.05) / (dark + 0.05);
}

/**
 * @param {Element} element
 * @returns {Number} the contrast that its text needs
 */
function getLeastContrast(element) {
    const {fontSize, fontWeight} = getComputedStyle(element);
    const size = parseFloat(fontSize);
    const isLarge = size >= 24 || (size >= 18.66 && Number(fontWeight) >= 700);
    return isLarge ? LEAST_CONTRAST_LARGE : LEAST_CONTRAST;
}

// === AUDIT === //

/**
 * @param {Element} element
 * @returns {Boolean} whether it has words of its own
 */
function hasText(element) {
    return [...element.childNodes].some(
        (node) => node.nodeType === Node.TEXT_NODE && node.textContent.trim()
    );
}

/**
 * Look at all that is ours on the screen.
 *
 * @param {String} selector of what is ours
 * @returns {Array} what is wrong, in words
 */
function audit(selector) {
    const problems = [];
    const ours = [...document.querySelectorAll(selector)].flatMap((root) => [
        root,
        ...root.querySelectorAll("*"),
    ]);
    for (const element of new Set(ours)) {
        if (!element.checkVisibility() || element.closest(FOREIGN)) {
            continue;
        }
        const what = element.outerHTML.slice(0, 200);
        if (
            element.matches("input, select, textarea, button, a, [role='button']") &&
            !getName(element)
        ) {
            problems.push(`no label: ${what}`);
        }
        if (hasText(element) && !element.closest(":disabled")) {
            const contrast = getContrast(element);
            if (contrast < getLeastContrast(element)) {
                problems.push(`contrast ${contrast.toFixed(2)}: ${what}`);
            }
        }
    }
    for (const element of document.querySelectorAll(
        "html, .o_content, .modal-body, .o_list_renderer"
    )) {
        const more = element.scrollWidth - element.clientWidth;
        // On a phone Odoo lets lists be moved within themselves.
        if (more > 1 && !(utils.isSmall() && element.matches(".o_list_renderer"))) {
            problems.push(`${more} pixels beside the screen: ${element.className}`);
        }
    }
    return problems;
}

// === SCREENS === //

/**
 * @param {String} action external identifier without the module
 * @param {String} selector what is ours on the screen
 * @returns {Object} a screen
 */
function open(action, selector) {
    return {
        name: action,
        selector,
        run: ({action: service}) => service.doAction(`${MODULE}.${action}`),
    };
}

/**
 * @param {String} model
 * @param {Array} domain finds the record
 * @param {String} [method] of a button on its form, that opens the screen
 * @returns {Object} a screen with a form
 */
function openRecord(model, domain, method) {
    return {
        name: `${model} ${JSON.stringify(domain)} ${method || ""}`,
        selector: method ? ".modal .o_form_view, .modal footer" : ".o_form_view",
        async run({action, orm}) {
            const [id] = await orm.search(model, domain, {limit: 1});
            if (!id) {
                throw new Error(`There is no ${model} ${JSON.stringify(domain)}`);
            }
            const opened = method
                ? await orm.call(model, method, [[id]])
                : {
                      type: "ir.actions.act_window",
                      res_model: model,
                      res_id: id,
                      views: [[false, "form"]],
                  };
            await action.doAction(opened);
        },
    };
}

/**
 * @param {String} button in the dialog that is open
 * @param {String} next button of the screen to which it leads
 * @returns {Object} the screen
 */
function press(button, next) {
    return {
        name: `after ${button}`,
        selector: ".modal .o_form_view, .modal footer",
        trigger: `.modal button[name='${next}']`,
        run: () => document.querySelector(`.modal button[name='${button}']`).click(),
    };
}

/**
 * @param {String} code
 * @returns {Array} domain of the feed of the journal with this code
 */
function ofJournal(code) {
    return [["journal_id.code", "=", code]];
}

const SCREENS = [
    {
        name: "dashboard",
        selector:
            "[name='ponto_card'], [name='ponto_feed'], #ponto_fetch_btn, #ponto_connect_btn",
        run: ({action}) =>
            action.doAction("account.open_account_journal_dashboard_kanban"),
    },
    {
        name: "providers",
        selector: ".o_content",
        run: ({action}) =>
            action.doAction(
                "account_statement_import_online.online_bank_statement_provider_action"
            ),
    },
    open("ponto_feeds_action", ".o_content"),
    ...["WAITS", "FAILS", "EXPIR", "STOPS", "RUNS"].map((code) =>
        openRecord(PROVIDER, ofJournal(code))
    ),
    open("ponto_transaction_waiting_action", ".o_content"),
    openRecord("ponto.transaction", [["state", "=", "waiting"]]),
    open("ponto_pull_all_action", ".o_content"),
    open("ponto_matching_action", ".o_content"),
    openRecord("ponto.pull", [["state", "=", "done"]]),
    openRecord("ponto.pull", [["state", "=", "failed"]]),
    openRecord(PROVIDER, ofJournal("WAITS"), "action_ponto_check_connection"),
    {
        name: "days to pull",
        selector: ".modal .o_form_view, .modal footer",
        async run({action, orm}) {
            const [id] = await orm.search(PROVIDER, ofJournal("WAITS"));
            await action.doAction(`${MODULE}.ponto_pull_period_action`, {
                additionalContext: {
                    active_model: PROVIDER,
                    active_id: id,
                    active_ids: [id],
                },
            });
        },
    },
    press("action_ponto_preview", "action_ponto_back"),
    open("ponto_connect_wizard_action", ".modal .o_form_view, .modal footer"),
    press("action_log_in", "action_choose_start"),
    press("action_choose_start", "action_finish"),
    {
        name: "the question before an import is undone",
        selector: ".modal .modal-body, .modal footer",
        trigger: ".modal .modal-body:contains('journal entr')",
        async run({action, orm}) {
            const ids = await orm.search("ponto.pull", [["imported_count", ">", 0]]);
            const asked = await orm.call("ponto.pull", "action_ask_take_back", [
                ids.slice(0, 1),
            ]);
            // Nobody answers: it is only looked at.
            action.doAction(asked);
        },
    },
];

registry.category("web_tour.tours").add("ponto_accessibility", {
    steps: () => {
        const problems = [];
        const {services} = odoo.__WOWL_DEBUG__.root.env;
        return [
            ...SCREENS.flatMap(({name, selector, trigger, run}) => [
                {
                    content: `Open ${name}`,
                    trigger: "body",
                    run: () => run(services),
                },
                {
                    content: `Look at ${name}`,
                    trigger: trigger || selector.split(",")[0],
                    run() {
                        for (const problem of audit(selector)) {
                            problems.push(`${name}: ${problem}`);
                        }
                    },
                },
            ]),
            {
                content: "All is well",
                trigger: "body",
                run() {
                    if (problems.length) {
                        throw new Error([...new Set(problems)].join("\n"));
                    }
                },
            },
        ];
    },
});
