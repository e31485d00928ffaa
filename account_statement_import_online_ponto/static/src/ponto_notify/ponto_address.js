/**
 * Make a client action that an address cannot run.
 *
 * Odoo's web client runs a client action that a link names, with the parameters of that
 * link: whoever makes somebody open it would call any method with that person's rights.
 * What a link can hold are texts and numbers. So a client action of ours is one with a
 * list among its parameters, as the server gives it; anything else opens the usual page.
 *
 * @param {String} name of the parameter that has to be a list
 * @param {Function} act the client action
 * @returns {Function} the same, for the registry
 */
export function notByAddress(name, act) {
    return (env, action) => {
        if (Array.isArray(action.params[name])) {
            return act(env, action);
        }
        env.bus.trigger("WEBCLIENT:LOAD_DEFAULT_APP");
    };
}
