import {notByAddress} from "./ponto_address";
import {registry} from "@web/core/registry";

/** How long something can be read that has a button, in milliseconds. */
export const PATIENCE = 20000;

let closeLast = null;

/**
 * Tell something in a corner of the screen, with buttons for what can be done about it.
 *
 * There is one at a time: the button "Undo" is about what was done last.
 *
 * @param {Object} env
 * @param {Object} action as returned by `get_notification` in feed/notifications.py
 * @returns {Object} the action that happens meanwhile
 */
function notify(env, {params}) {
    const {orm, notification, action: actions} = env.services;
    closeLast?.();
    const close = notification.add(params.message, {
        title: params.title || "",
        type: params.type,
        ...(params.buttons.length && {autocloseDelay: PATIENCE}),
        buttons: params.buttons.map(({name, action, model, method, ids}) => ({
            name,
            async onClick() {
                close();
                await actions.doAction(
                    action || (await orm.call(model, method, [ids]))
                );
            },
        })),
    });
    closeLast = close;
    return params.next;
}

registry.category("actions").add("ponto_notify", notByAddress("buttons", notify));
