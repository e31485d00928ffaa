import {ListController} from "@web/views/list/list_controller";
import {listView} from "@web/views/list/list_view";
import {registry} from "@web/core/registry";

/** The list of what open lines likely pay: nothing is accepted that was not shown. */
export class PontoMatchingController extends ListController {
    /** Tell the server, for a button on ticked lines, what was shown of each. */
    async beforeExecuteActionButton(clickParams) {
        if (clickParams.buttonContext) {
            clickParams.buttonContext.ponto_suggestion_keys = Object.fromEntries(
                this.model.root.selection.map(({resId, data}) => [
                    resId,
                    data.ponto_suggestion_key,
                ])
            );
        }
        return super.beforeExecuteActionButton(clickParams);
    }
}

registry.category("views").add("ponto_matching", {
    ...listView,
    Controller: PontoMatchingController,
});
