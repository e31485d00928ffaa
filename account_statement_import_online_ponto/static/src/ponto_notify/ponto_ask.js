import {ConfirmationDialog} from "@web/core/confirmation_dialog/confirmation_dialog";
import {notByAddress} from "./ponto_address";
import {registry} from "@web/core/registry";

/**
 * Call a method, and go on with the action that it returns.
 *
 * @param {Object} env
 * @param {Object} action as returned by `get_call` in feed/notifications.py
 * @returns {Promise<Object>} the action that the method has returned
 */
function call({services: {orm}}, {params: {model, method, ids}}) {
    return orm.call(model, method, [ids]);
}

/**
 * Ask something, and do it where the answer is yes.
 *
 * @param {Object} env
 * @param {Object} action as returned by `get_question` in feed/notifications.py
 * @returns {Promise<Object>} the action that follows, if any
 */
async function ask(env, action) {
    const {title, message, confirm} = action.params;
    const isSure = await new Promise((resolve) => {
        env.services.dialog.add(
            ConfirmationDialog,
            {
                title,
                body: message,
                confirmLabel: confirm,
                confirm: () => resolve(true),
                cancel: () => resolve(false),
            },
            {onClose: () => resolve(false)}
        );
    });
    return isSure ? call(env, action) : undefined;
}

registry
    .category("actions")
    .add("ponto_call", notByAddress("ids", call))
    .add("ponto_ask", notByAddress("ids", ask));
