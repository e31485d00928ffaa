# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Use cases: what is done with a feed. They act on the records that they are given, and
let the engine decide.

A pull, from who lets it begin to what it leaves; each calls only what stands below it:

* `preview`     a pull that is undone; then a part of it
* `pulls`       the conductor; begins for the schedule or for a person
* `fleet`       many feeds in one pass: whose turn it is, and who works on which
* `fetched`     what is fetched for feeds before their turns
* `importer`    makes statement lines of what is registered as new
* `reader`      registers what Ponto lists
* `decided`     a decision as a whole, and its undo
* `decisions`   what somebody decides about a transaction
* `screening`   what may become a line unasked
* `undo`        takes an import back
* `session`     one run of a pull: lock, client, time, steps
* `verdicts`    what a preview says of a transaction
* `booking`     from registered transactions to lines in their statements
* `register`    what the register is told, and what it knows
* `registered`  what a record of it tells, and its line
* `background`  what goes on by itself, tells how far it is, can be stopped
* `progress`    how far a pull has come

What a pull leaves, and what it asks for besides:

* `outcome`            success or failure, as the feed shows it
* `balance_check`      does the journal equal the bank
* `written_texts`      texts that follow the bank, but for what people typed
* `standing`           bank and books of many feeds at this moment
* `opening_balance`    what the bank had before the first line
* `journal_balance`    the balances, and what lies between them
* `outage`             who asks Ponto while it does not answer; the next run
* `remedies`           the button that leads from an error to what mends it
* `results`            what a person sees at its end
* `line_windows`       the windows that show bank lines
* `notifications`      tell, ask, call: actions for the web client
* `taking_over`        what was there before the feed
* `people`             who is told what, in which language
* `guard`              what nothing else may fail with
* `account_choice`     which account feeds the journal
* `synchronization`    asks the bank for news, for a person
* `credentials`        from the feed to its integration

From a line to what it pays:

* `settling`          settles what new lines certainly pay
* `settling_by_hand`  what a bookkeeper accepts, or chooses
* `setting_as`        books a line to the accounts of a reconciliation model
* `label_pattern`     what a person's regular expression finds in a label
* `match_reading`     reads lines and open items for the engine
* `match_memory`      what was matched, what was undone, and who chose partners

What the dialogs do:

* `login`                        with which codes, of which integration
* `offered_accounts`, `history`  the assistant's questions to Ponto
* `journal_proposal`             which journal each account feeds
* `start_proposal`               from which day to import, and with which balance
* `connecting`                   a journal and its feed for an account
* `connection_check`             from Ponto's login to the journal
* `connection_check_bank`        what it asks about Ponto and the bank
* `connection_check_books`       what it asks about schedule and books
"""
