"""The formats of time trackers."""

from __future__ import annotations

from projbill_beancount.importers.clockify import CLOCKIFY
from projbill_beancount.importers.harvest import HARVEST
from projbill_beancount.importers.kimai import KIMAI
from projbill_beancount.importers.redmine import REDMINE
from projbill_beancount.importers.timeclock import TIMECLOCK
from projbill_beancount.importers.toggl import TOGGL

TIME_TOOLS = (TOGGL, CLOCKIFY, HARVEST, KIMAI, REDMINE, TIMECLOCK)
