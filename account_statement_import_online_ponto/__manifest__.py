# Copyright 2026 The maintainers of account_statement_import_online_ponto
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
{
    "name": "Online Bank Statements: MyPonto.com",
    "summary": "Feed bank journals with the transactions that Ponto reads at the bank",
    "version": "19.0.2.0.0",
    "category": "Accounting/Accounting",
    "author": "account_statement_import_online_ponto maintainers",
    "license": "AGPL-3",
    "development_status": "Beta",
    "depends": ["account_statement_import_online", "bus", "digest"],
    "external_dependencies": {
        "python": [
            "cryptography",
            "oauthlib",
            "packaging",  # by which Odoo reads the versions below
            "python-dateutil",
            "requests",
            "urllib3>=1.26.12,<3",
        ],
    },
    "data": [
        "security/res_groups.xml",
        "security/ir.model.access.csv",
        "security/ir_rule.xml",
        "data/digest_data.xml",
        "data/ir_cron.xml",
        "data/mail_activity_type.xml",
        "wizards/online_bank_statement_pull_wizard_views.xml",
        "wizards/ponto_connect_wizard_views.xml",
        "wizards/ponto_connection_check_views.xml",
        "views/ponto_pull_views.xml",
        "views/ponto_transaction_views.xml",
        "views/online_bank_statement_provider_views.xml",
        "views/ponto_feeds_views.xml",
        "views/account_journal_dashboard_views.xml",
        "views/account_journal_views.xml",
        "views/account_bank_statement_line_views.xml",
        "views/account_move_line_views.xml",
        "views/account_reconcile_model_views.xml",
        "views/digest_digest_views.xml",
        "views/res_config_settings_views.xml",
        "views/menus.xml",
    ],
    "assets": {
        "web.assets_backend": [
            "account_statement_import_online_ponto/static/src/**/*",
        ],
        "web.assets_tests": [
            "account_statement_import_online_ponto/static/tests/tours/*.js",
        ],
    },
    "images": ["static/description/banner.png"],
    "post_init_hook": "post_init_hook",
    "uninstall_hook": "uninstall_hook",
}
