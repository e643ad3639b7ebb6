"""The formats of time trackers."""

from __future__ import annotations

from projbill_beancount.importers.clockify import CLOCKIFY
from projbill_beancount.importers.everhour import EVERHOUR
from projbill_beancount.importers.gitlab_time import GITLAB_TIME
from projbill_beancount.importers.harvest import HARVEST
from projbill_beancount.importers.kimai import KIMAI
from projbill_beancount.importers.org_clock import ORG_CLOCK
from projbill_beancount.importers.quickbooks import QUICKBOOKS_TIME
from projbill_beancount.importers.redmine import REDMINE
from projbill_beancount.importers.solidtime import SOLIDTIME
from projbill_beancount.importers.tempo import JIRA_WORKLOGS
from projbill_beancount.importers.tempo import TEMPO
from projbill_beancount.importers.timecamp import TIMECAMP
from projbill_beancount.importers.timeclock import TIMECLOCK
from projbill_beancount.importers.timedot import TIMEDOT
from projbill_beancount.importers.timew import TIMEW
from projbill_beancount.importers.toggl import TOGGL
from projbill_beancount.importers.watson import WATSON

TIME_TOOLS = (
    TOGGL,
    CLOCKIFY,
    HARVEST,
    KIMAI,
    SOLIDTIME,
    TEMPO,
    JIRA_WORKLOGS,
    REDMINE,
    GITLAB_TIME,
    EVERHOUR,
    QUICKBOOKS_TIME,
    TIMECAMP,
    TIMEW,
    WATSON,
    TIMECLOCK,
    TIMEDOT,
    ORG_CLOCK,
)
