import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";

/**
 * Fetch now, from a feed or its journal, and say meanwhile what is waited for.
 *
 * @param {Object} env
 * @param {Object} action its context names the record
 * @returns {Promise<Object>} the action that tells what came
 */
async function fetchNow(env, {context}) {
    const {ui, orm} = env.services;
    ui.block({message: _t("Asking the bank. This can take up to half a minute.")});
    try {
        return await orm.call(context.active_model, "action_ponto_fetch_now", [
            [context.active_id],
        ]);
    } finally {
        ui.unblock();
    }
}

registry.category("actions").add("ponto_fetch_now", fetchNow);
