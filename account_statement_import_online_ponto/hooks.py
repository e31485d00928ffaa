# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).


def post_init_hook(env):
    """Take over what the OCA module of the same name left in the database."""
    env["online.bank.statement.provider"]._ponto_take_over()
