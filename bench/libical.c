/* What libical (in C) needs for the question that syncd's reader answers, as fast as one can ask it: when is somebody not free?
 *
 * It is used directly, not through icalcomponent_foreach_recurrence, which understands every VTIMEZONE again for every event
 * and is ten times slower. Zones are kept for the whole run: those of the system by their name, those of a calendar's own by
 * their TZID alone, which is kinder to libical than it is right (two calendars may give two zones one name). Rules start near the
 * window where libical can. Nothing is asked about whose time it is (STATUS, TRANSP, PARTSTAT), nothing reported, THISANDFUTURE
 * left out: what syncd does beyond that is at its own expense.
 *
 * usage: libical ZONE START END, then on standard input a line for each file of texts, each text preceded by its length
 * (4 bytes, little endian). For each file a line is printed: the occurrences found, and the seconds of CPU they took.
 */
#include <libical/ical.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MANY 4096

typedef struct {
    char *tzid;
    icaltimezone *zone;
} Known;

typedef struct {
    const char *uid;
    time_t at;
} Replaced;

static Known known[MANY];
static int knowns;
static icaltimezone *owner, *utc;
static time_t from, to;

/* The zone with that TZID: by its name, else by the calendar's own definition, else the owner's. Each is looked for once. */
static icaltimezone *zone_of(const char *tzid, icalcomponent *calendar) {
    for (int number = 0; number < knowns; number++)
        if (!strcmp(known[number].tzid, tzid)) return known[number].zone;
    icaltimezone *zone = icaltimezone_get_builtin_timezone(tzid);
    if (!zone) zone = icaltimezone_get_builtin_timezone_from_tzid(tzid);
    icalcomponent *part = icalcomponent_get_first_component(calendar, ICAL_VTIMEZONE_COMPONENT);
    for (; !zone && part; part = icalcomponent_get_next_component(calendar, ICAL_VTIMEZONE_COMPONENT)) {
        icalproperty *name = icalcomponent_get_first_property(part, ICAL_TZID_PROPERTY);
        if (!name || !icalproperty_get_tzid(name) || strcmp(icalproperty_get_tzid(name), tzid)) continue;
        zone = icaltimezone_new();
        icaltimezone_set_component(zone, icalcomponent_new_clone(part));
    }
    if (!zone) zone = owner;
    if (knowns < MANY) known[knowns++] = (Known){strdup(tzid), zone};
    return zone;
}

static icaltimezone *zone_at(icalproperty *line, struct icaltimetype at, icalcomponent *calendar) {
    if (icaltime_is_utc(at)) return utc;
    icalparameter *named = icalproperty_get_first_parameter(line, ICAL_TZID_PARAMETER);
    return named && !at.is_date ? zone_of(icalparameter_get_tzid(named), calendar) : owner;
}

static time_t instant(icalproperty *line, struct icaltimetype at, icalcomponent *calendar) {
    return icaltime_as_timet_with_zone(at, zone_at(line, at, calendar));
}

static long length_of(icalcomponent *event, struct icaltimetype start, time_t began, icalcomponent *calendar) {
    icalproperty *line = icalcomponent_get_first_property(event, ICAL_DTEND_PROPERTY);
    if (line) return instant(line, icalproperty_get_dtend(line), calendar) - began;
    line = icalcomponent_get_first_property(event, ICAL_DURATION_PROPERTY);
    if (line) return icaldurationtype_as_int(icalproperty_get_duration(line));
    return start.is_date ? 86400 : 0;
}

static int overlaps(time_t start, long length) {
    return start < to && (start + length > from || (!length && start >= from));
}

static int listed(const time_t *out, int outs, time_t at) {
    for (int number = 0; number < outs; number++)
        if (out[number] == at) return 1;
    return 0;
}

static int without(icalcomponent *event, icalcomponent *calendar, time_t *out, int outs) {
    icalproperty *line = icalcomponent_get_first_property(event, ICAL_EXDATE_PROPERTY);
    for (; line && outs < MANY; line = icalcomponent_get_next_property(event, ICAL_EXDATE_PROPERTY))
        out[outs++] = instant(line, icalproperty_get_exdate(line), calendar);
    return outs;
}

static int added(icalcomponent *event, icalcomponent *calendar, const time_t *out, int outs, long length) {
    int found = 0;
    icalproperty *line = icalcomponent_get_first_property(event, ICAL_RDATE_PROPERTY);
    for (; line; line = icalcomponent_get_next_property(event, ICAL_RDATE_PROPERTY)) {
        struct icaldatetimeperiodtype date = icalproperty_get_rdate(line);
        time_t at = instant(line, icaltime_is_null_time(date.time) ? date.period.start : date.time, calendar);
        found += overlaps(at, length) && !listed(out, outs, at);
    }
    return found;
}

/* The instances that a rule names after the first; it compares UNTIL with the wall clock, so that is what it is made here. */
static int by_rule(struct icalrecurrencetype rule, struct icaltimetype start, icaltimezone *zone, const time_t *out, int outs, long length) {
    int found = 0;
    time_t began = icaltime_as_timet_with_zone(start, zone);
    if (icaltime_is_utc(rule.until) && !start.is_date) rule.until = icaltime_convert_to_zone(rule.until, zone);
    icalrecur_iterator *walk = icalrecur_iterator_new(rule, start);
    if (!walk) return 0;
    if (!rule.count) {
        struct icaltimetype near = icaltime_from_timet_with_zone(from - length - 86400, start.is_date, zone);
        if (icaltime_compare(near, start) > 0) icalrecur_iterator_set_start(walk, near);
    }
    for (struct icaltimetype at; at = icalrecur_iterator_next(walk), !icaltime_is_null_time(at);) {
        time_t moment = icaltime_as_timet_with_zone(at, zone);
        if (moment >= to) break;
        found += moment != began && overlaps(moment, length) && !listed(out, outs, moment);
    }
    icalrecur_iterator_free(walk);
    return found;
}

static int occurrences(icalcomponent *event, icalcomponent *calendar, const Replaced *replaced, int count) {
    time_t out[MANY];
    int outs = 0, found = 0;
    icalproperty *line = icalcomponent_get_first_property(event, ICAL_DTSTART_PROPERTY);
    if (!line) return 0;
    struct icaltimetype start = icalproperty_get_dtstart(line);
    icaltimezone *zone = zone_at(line, start, calendar);
    time_t began = icaltime_as_timet_with_zone(start, zone);
    long length = length_of(event, start, began, calendar);
    icalproperty *rule = icalcomponent_get_first_property(event, ICAL_RRULE_PROPERTY);
    if (icalcomponent_get_first_property(event, ICAL_RECURRENCEID_PROPERTY)) return overlaps(began, length);
    const char *uid = count ? icalcomponent_get_uid(event) : NULL;
    for (int number = 0; uid && number < count && outs < MANY; number++)
        if (!strcmp(replaced[number].uid, uid)) out[outs++] = replaced[number].at;
    outs = without(event, calendar, out, outs);
    found = added(event, calendar, out, outs, length) + (overlaps(began, length) && !listed(out, outs, began));
    for (; rule; rule = icalcomponent_get_next_property(event, ICAL_RRULE_PROPERTY))
        found += by_rule(icalproperty_get_rrule(rule), start, zone, out, outs, length);
    return found;
}

static int in_calendar(icalcomponent *calendar) {
    static Replaced replaced[MANY];
    int count = 0, found = 0;
    icalcomponent *event = icalcomponent_get_first_component(calendar, ICAL_VEVENT_COMPONENT);
    for (; event && count < MANY; event = icalcomponent_get_next_component(calendar, ICAL_VEVENT_COMPONENT)) {
        icalproperty *line = icalcomponent_get_first_property(event, ICAL_RECURRENCEID_PROPERTY);
        const char *uid = line ? icalcomponent_get_uid(event) : NULL;
        if (uid) replaced[count++] = (Replaced){uid, instant(line, icalproperty_get_recurrenceid(line), calendar)};
    }
    event = icalcomponent_get_first_component(calendar, ICAL_VEVENT_COMPONENT);
    for (; event; event = icalcomponent_get_next_component(calendar, ICAL_VEVENT_COMPONENT))
        found += occurrences(event, calendar, replaced, count);
    return found;
}

static int in_text(const char *text) {
    icalcomponent *root = icalparser_parse_string(text);
    if (!root) return 0;
    int found = 0;
    if (icalcomponent_isa(root) == ICAL_VCALENDAR_COMPONENT) found = in_calendar(root);
    icalcomponent *part = icalcomponent_get_first_component(root, ICAL_VCALENDAR_COMPONENT);
    for (; part; part = icalcomponent_get_next_component(root, ICAL_VCALENDAR_COMPONENT)) found += in_calendar(part);
    icalcomponent_free(root);
    return found;
}

static int in_file(const char *path, double *seconds) {
    int found = 0;
    uint32_t size;
    FILE *file = fopen(path, "rb");
    *seconds = 0;
    while (file && fread(&size, sizeof size, 1, file) == 1) {
        char *text = calloc(1, size + 1);
        if (!text || fread(text, 1, size, file) != size) exit(1);
        clock_t began = clock();
        found += in_text(text);
        *seconds += (double)(clock() - began) / CLOCKS_PER_SEC;
        free(text);
    }
    if (file) fclose(file);
    return found;
}

int main(int words, char **word) {
    char path[MANY];
    if (words != 4) return 64;
    icalerror_set_errors_are_fatal(0);
    utc = icaltimezone_get_utc_timezone();
    owner = icaltimezone_get_builtin_timezone(word[1]);
    from = atoll(word[2]);
    to = atoll(word[3]);
    while (fgets(path, sizeof path, stdin)) {
        double seconds;
        path[strcspn(path, "\n")] = 0;
        int found = in_file(path, &seconds);
        printf("%d %.6f\n", found, seconds);
        fflush(stdout);
    }
    return 0;
}
