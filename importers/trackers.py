"""All issue trackers and planning tools whose exports can be read."""

from __future__ import annotations

from projbill_beancount.importers.asana import ASANA
from projbill_beancount.importers.clickup import CLICKUP
from projbill_beancount.importers.github import GITHUB
from projbill_beancount.importers.gitlab import GITLAB
from projbill_beancount.importers.jira import JIRA
from projbill_beancount.importers.linear import LINEAR
from projbill_beancount.importers.msproject import MSPROJECT
from projbill_beancount.importers.openproject import OPENPROJECT
from projbill_beancount.importers.redmine_issues import REDMINE_ISSUES
from projbill_beancount.importers.taskwarrior import TASKWARRIOR
from projbill_beancount.importers.trello import TRELLO

TRACKERS = (
    JIRA,
    GITHUB,
    GITLAB,
    LINEAR,
    ASANA,
    TRELLO,
    CLICKUP,
    OPENPROJECT,
    REDMINE_ISSUES,
    MSPROJECT,
    TASKWARRIOR,
)
