"""Dates of tests that must lie ahead and around a change of clocks: written as of 2027, whose clocks change in Europe on Sunday 28 March, and moved by whole weeks to
the next year of which that Sunday is at least a hundred days ahead. Days of the week, and which dates are in winter and which in summer time, stay as written;
what depends on the day of the month does not."""
import calendar, datetime, re


def sunday(year):
    """On which the clocks of Europe change to summer time: the last of March."""
    return max(datetime.date(year, 3, d) for d in range(25, 32) if datetime.date(year, 3, d).weekday() == 6)


TODAY = datetime.datetime.now(datetime.timezone.utc).date()
WEEKS = next(sunday(y) for y in range(TODAY.year, TODAY.year + 3) if sunday(y) >= TODAY + datetime.timedelta(100)) - sunday(2027)


def near(text):
    """The text with each date in it moved: 2027-03-28, 20270328, 28 Mar 2027."""
    def moved(m, layout):
        try:
            return (datetime.datetime.strptime(m.group(), layout) + WEEKS).strftime(layout)
        except ValueError:  # 31 February stays one
            return m.group().replace('2027', str(sunday(2027).year + round(WEEKS.days / 365.25)))
    text = re.sub(r'(?<!\d)202[78]-\d\d-\d\d(?!\d)', lambda m: moved(m, '%Y-%m-%d'), text)
    text = re.sub(r'(?<!\d)202[78][01]\d[0-3]\d(?!\d)', lambda m: moved(m, '%Y%m%d'), text)
    return re.sub(r'\b(\d{1,2}) (%s) (202[78])\b' % '|'.join(calendar.month_abbr[1:]), lambda m: '%d %s' % ((at := datetime.datetime.strptime(m.group(), '%d %b %Y') + WEEKS).day, at.strftime('%b %Y')), text)
