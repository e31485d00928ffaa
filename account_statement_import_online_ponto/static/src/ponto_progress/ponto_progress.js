import {Component, useEffect, useState} from "@odoo/owl";
import {_t} from "@web/core/l10n/translation";
import {browser} from "@web/core/browser/browser";
import {registry} from "@web/core/registry";
import {standardFieldProps} from "@web/views/fields/standard_field_props";
import {useService} from "@web/core/utils/hooks";

/**
 * How far the import of a feed is, with a button that stops it. It shows nothing while
 * nothing runs, and updates by itself: the server tells when there is news, and it is
 * asked now and then where that does not get through.
 */
export class PontoProgress extends Component {
    static template = "account_statement_import_online_ponto.PontoProgress";
    static props = {...standardFieldProps, isCompact: {type: Boolean, optional: true}};
    /** How often the server is asked while an import runs, in milliseconds. */
    static patience = 15000;

    setup() {
        this.orm = useService("orm");
        this.bus = useService("bus_service");
        this.state = useState({progress: this.recorded, isStopping: false});
        useEffect(
            (resId) => {
                if (!resId) {
                    return;
                }
                const channel = `${this.props.record.resModel}_${resId}`;
                const onNews = ({id}) => id === resId && this.update();
                this.bus.subscribe("ponto_progress", onNews);
                this.bus.addChannel(channel);
                return () => {
                    this.bus.deleteChannel(channel);
                    this.bus.unsubscribe("ponto_progress", onNews);
                };
            },
            () => [this.props.record.resId]
        );
        useEffect(
            (isRunning) => {
                if (!isRunning) {
                    return;
                }
                const timer = browser.setInterval(
                    () => this.update(),
                    this.constructor.patience
                );
                return () => browser.clearInterval(timer);
            },
            () => [Boolean(this.state.progress)]
        );
        useEffect(
            (recorded) => {
                this.state.progress = recorded;
                this.state.isStopping = false;
            },
            () => [this.recorded]
        );
    }

    /** What the record had when it was read. */
    get recorded() {
        return this.props.record.data[this.props.name];
    }

    get label() {
        return _t("Progress of the import");
    }

    /** Read how far it is; where it has begun or ended, read all that is shown. */
    async update() {
        const {record, name} = this.props;
        const [values] = await this.orm.silent.read(
            record.resModel,
            [record.resId],
            [name]
        );
        const hasChanged = Boolean(values[name]) !== Boolean(this.state.progress);
        this.state.progress = values[name];
        if (hasChanged && !(await record.isDirty())) {
            await record.load();
        }
    }

    async stop() {
        this.state.isStopping = true;
        const {record} = this.props;
        await this.orm.call(record.resModel, "action_ponto_stop", [[record.resId]]);
        await this.update();
    }
}

const pontoProgress = {
    component: PontoProgress,
    supportedTypes: ["json"],
    // It takes no room while there is nothing to show.
    isEmpty: () => false,
};

registry
    .category("fields")
    .add("ponto_progress", pontoProgress)
    .add("list.ponto_progress", {
        ...pontoProgress,
        extractProps: () => ({isCompact: true}),
    });
