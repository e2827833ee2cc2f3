"""What does a person read when something cannot be done? One translated sentence for each code of a `Problem`, `Conflict` or other error.

A sentence names the field, what was given and what would be accepted. Its places: `%(field)s` (the field's label), `%(value)s`,
`%(remedy)s` (everything that would be accepted, "a, b, or c"), `%(first)s`, `%(second)s`, `%(last)s` of it. A part of Chorus that makes a new code
adds its sentence here; `tests/formats/test_sentences.py` finds the ones that were forgotten.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime

from babel.lists import format_list

from coordinator.errors import (
    ChorusError,
    Conflict,
    EngineFault,
    Forbidden,
    Invalid,
    KeyReused,
    NotFound,
    NotSignedIn,
    Problem,
    TooLarge,
    TooMany,
    Unavailable,
)
from coordinator.formats.isolation import Setting, compose, set_city
from coordinator.formats.times import count_words, say_day_in_utc, say_moment
from coordinator.i18n import N_, Language

LISTED_REMEDIES = 14
INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:.]+(Z|[+-][0-9]{2}:[0-9]{2})")
STEP = re.compile(r"([^.\[\]]+)|\[([^\]]*)\]")

GENERIC = N_("%(field)s: “%(value)s” cannot be taken. Possible is %(remedy)s.")
GENERIC_WITHOUT_REMEDY = N_("%(field)s: “%(value)s” cannot be taken.")
NOTHING_GIVEN = N_("%(field)s: nothing was given. Possible is %(remedy)s.")
THE_WHOLE = N_("The whole")

PROBLEMS: dict[str, str] = {
    # words
    "missing": N_("%(field)s: this is needed."),
    "too_long": N_("%(field)s: this has %(second)s characters. Up to %(first)s fit."),
    "control_characters": N_("%(field)s: “%(value)s” holds characters that cannot be seen. Write it with letters, digits and signs only."),
    "bidi_characters": N_("%(field)s: “%(value)s” holds characters that turn the direction of writing. Write it without them."),
    "bad_encoding": N_("%(field)s: this is not text in UTF-8. Save it as UTF-8 and send it again."),
    "choice_unknown": N_("%(field)s: “%(value)s” is not among the choices. Possible is %(remedy)s."),
    "duplicate": N_("%(field)s: “%(value)s” is there already. Each may be there once."),
    "type_wrong": N_("%(field)s: “%(value)s” has the wrong form. It must be: %(remedy)s."),
    "key_unknown": N_("%(field)s: “%(value)s” is not known here. Known is %(remedy)s."),
    "too_many": N_("%(field)s: %(value)s are too many. Up to %(first)s are possible."),
    "too_many_fields": N_("%(field)s: this form has too many fields. Up to %(first)s are possible."),
    "name_taken": N_("%(field)s: another group is called “%(value)s”. Choose a name that tells the two apart."),
    "json_malformed": N_("%(field)s: this is not JSON. Send one JSON object in UTF-8."),
    "json_object": N_("%(field)s: this is JSON, but not an object. Send one with the fields by name."),
    "skip_reason_missing": N_("%(field)s: a reason is needed. One sentence is enough, and your own group will read it."),
    "turn_is_theirs": N_("%(field)s: the turn is %(value)s’s already. Name somebody else."),
    "reason_missing": N_("%(field)s: a reason is needed. One sentence is enough, and the other groups will read it."),
    "too_many_words": N_("%(field)s: this has %(value)s words. Up to %(first)s can be read aloud in a meeting."),
    "too_many_links": N_("%(field)s: %(value)s links are too many. Up to %(first)s are possible, one a line."),
    "link_malformed": N_("%(field)s: “%(value)s” is not a web address. Write one a line, such as %(first)s."),
    # mirror segments
    "segment_length": N_("%(field)s: together they take %(value)s minutes. A segment takes %(first)s to %(second)s."),
    "part_minutes": N_("%(field)s: “%(value)s” is not a time for a part. Write whole or half minutes, from 0.5 to %(first)s."),
    "spotlight_unknown": N_("%(field)s: “%(value)s” is not among the spotlights that can be shown now. Choose one from the list."),
    "language_of_original": N_("%(field)s: “%(value)s” is the language of the original. Choose the one you translate into."),
    # numbers
    "number_malformed": N_("%(field)s: “%(value)s” is not a whole number. Possible is %(first)s to %(second)s."),
    "number_out_of_range": N_("%(field)s: %(value)s is out of bounds. Possible is %(first)s to %(second)s."),
    "duration_too_long": N_("%(field)s: %(value)s minutes are too long. An action lasts %(first)s minutes at most."),
    "duration_too_short": N_("%(field)s: %(value)s is too short. An action lasts a minute at least."),
    # zones and languages
    "zone_unknown": N_("%(field)s: no time zone is called “%(value)s”. Did you mean %(remedy)s?"),
    "language_unknown": N_("%(field)s: “%(value)s” is not a language of this network. Possible is %(remedy)s."),
    # dates and times
    "date_malformed": N_("%(field)s: “%(value)s” is not a date. Write year, month and day, as in %(first)s."),
    "date_too_early": N_("%(field)s: %(value)s is too early. The first possible day is %(first)s."),
    "date_too_late": N_("%(field)s: %(value)s is too late: nobody knows the zone rules of that time. The last possible day is %(first)s."),
    "time_malformed": N_("%(field)s: “%(value)s” is not a time of day. Write hours and minutes, from %(first)s to %(second)s."),
    "wall_time_malformed": N_("%(field)s: “%(value)s” is not a date with a time. Write it as in %(first)s."),
    "instant_malformed": N_("%(field)s: “%(value)s” is not a moment with its UTC offset. Write it as in %(first)s."),
    "wall_time_gap": N_(
        "%(field)s: %(value)s does not happen, because clocks jump over it that day. Did you mean %(first)s or %(second)s?"
    ),
    "wall_time_fold": N_(
        "%(field)s: %(value)s happens twice, because clocks are set back that day. Say which: the first (%(first)s) or the second (%(second)s)."
    ),
    "wave_gap": N_(
        "%(field)s: clocks jump over %(value)s where these groups are: %(first)s. Say that they act when that time would have come, or choose another."
    ),
    "wave_fold": N_(
        "%(field)s: %(value)s happens twice where these groups are, because clocks are set back: %(first)s. Say whether they act the first time or the second."
    ),
    "quarter_malformed": N_("%(field)s: “%(value)s” is not a quarter. Write it as in %(first)s."),
    "quarter_past": N_("%(field)s: the quarter %(value)s is over. The first possible one is %(first)s."),
    "until_past": N_("%(field)s: %(value)s has passed. The first possible day is %(first)s."),
    "until_too_late": N_("%(field)s: %(value)s is too far off. The last possible day is %(first)s."),
    # availability
    "day_unknown": N_("%(field)s: “%(value)s” is not a weekday. Possible is %(remedy)s."),
    "days_missing": N_("%(field)s: a weekday is needed. Possible is %(remedy)s."),
    "window_malformed": N_("%(field)s: “%(value)s” cannot be read as hours. Write them as in “%(first)s”."),
    "span_malformed": N_("%(field)s: “%(value)s” cannot be read as hours. Write them as in “%(first)s”."),
    "window_never_opens": N_(
        "%(field)s: “%(value)s” lies wholly in the quiet hours (%(remedy)s). Choose other hours, or shorter quiet hours."
    ),
    "no_windows": N_("%(field)s: without any hours the group could never take part. Name some, as in “%(first)s”."),
    "quiet_all_day": N_("%(field)s: “%(value)s” leaves no hour of the day. Leave some hours free."),
    "level_unknown": N_("%(field)s: “%(value)s” is not a level. Possible is %(remedy)s."),
    "reach_unknown": N_("%(field)s: “%(value)s” does not say how far the group can go. Possible is %(remedy)s."),
    # busy times from a calendar
    "busy_empty": N_("%(field)s: there is nothing in it. Export the calendar once more."),
    "busy_too_big": N_("%(field)s: it is larger than %(first)s MB. Share a calendar with fewer years in it."),
    "busy_not_a_calendar": N_(
        "%(field)s: this is no calendar but something else, perhaps a web page. Look for “iCal” or “ICS” where your calendar is shared, and give that."
    ),
    "busy_broken": N_("%(field)s: it is cut off, or not put together as a calendar should be. Export it once more."),
    "busy_too_much": N_("%(field)s: there is more in it than can be read. Up to %(first)s entries fit; share one with fewer years in it."),
    "busy_rule": N_(
        "%(field)s: an entry repeats too often, or by a rule that makes no sense. Up to %(first)s times in a year are read; take that entry out."
    ),
    "busy_too_costly": N_(
        "%(field)s: reading it is more work than any calendar should be. Look for an entry that repeats without sense, and take it out."
    ),
    "busy_crashed": N_("%(field)s: it could not be read to its end. Export it once more, or give another one."),
    "busy_address": N_("%(field)s: the link leads into a private network. Give one that opens from everywhere."),
    "busy_unknown_host": N_("%(field)s: nobody knows the address in the link. Copy the link once more, all of it."),
    "busy_unreachable": N_("%(field)s: nothing answers at the link. See whether it opens in a browser; it will be tried again."),
    "busy_certificate": N_(
        "%(field)s: what answers at the link does not prove who it is, so nothing was read. See whether it opens in a browser without a warning."
    ),
    "busy_too_slow": N_("%(field)s: it took too long to arrive. It will be tried again; you can also give it as a file."),
    "busy_redirected": N_("%(field)s: the link sends us on too often, or to a place without https. Give the address at which it ends."),
    "busy_denied": N_(
        "%(field)s: the link does not open it. Share the calendar by a secret link that needs no name or password, and give that."
    ),
    "busy_gone": N_("%(field)s: there is nothing at the link any more. Give its new link."),
    "busy_server": N_(
        "%(field)s: what answers at the link has a fault of its own. It will be tried again; if it stays so, give a new link."
    ),
    "busy_key_lost": N_("%(field)s: the link cannot be opened any more, because this network’s key has changed. Give the link once more."),
    "busy_url_malformed": N_("%(field)s: this is not the link of a calendar. Paste all of it, such as %(first)s."),
    "busy_url_scheme": N_("%(field)s: this link does not begin with https:// or webcal://. Give one that does, such as %(first)s."),
    "busy_url_credentials": N_(
        "%(field)s: there is a name or password in this link. Share the calendar by a secret link without them, such as %(first)s."
    ),
    "busy_url_port": N_("%(field)s: this link goes to port %(value)s. Only %(first)s, the usual one of https, is read."),
    "no_go_malformed": N_("%(field)s: “%(value)s” is neither a date nor a date with a time. Write it as in “%(first)s” or “%(second)s”."),
    # proposals
    "group_unknown": N_("%(field)s: no group here is called “%(value)s”. Choose from the list of groups."),
    "required_not_invited": N_("%(field)s: %(value)s cannot be needed without being invited. Invite them too."),
    "too_few_invited": N_("%(field)s: an action needs %(first)s groups at least, and %(value)s would be invited."),
    "start_outside_quarter": N_("%(field)s: %(value)s is not in the quarter of this action, %(first)s. Choose a moment in it."),
    "start_too_soon": N_("%(field)s: %(value)s is too soon for all groups to answer. The first possible moment is %(first)s."),
    "start_past": N_("%(field)s: %(value)s has passed. Choose a moment to come."),
    "start_too_late": N_("%(field)s: %(value)s is too far off. The last possible moment is %(first)s."),
    "deadline_too_early": N_("%(field)s: %(value)s leaves no time to answer. The first possible moment is %(first)s."),
    "deadline_too_late": N_("%(field)s: %(value)s is too close to the action, or after it. The last possible moment is %(first)s."),
    # the glossary
    "term_without_letter": N_("%(field)s: “%(value)s” has no letter in it. Write the words that an engine shall not touch."),
    "rendering_without_language": N_("%(field)s: a rendering needs the language that it is in. Choose one."),
    "language_onto_itself": N_("%(field)s: “%(value)s” is the language of the term itself. Choose another one."),
    # wheels of zone rules
    "wheel_unreadable": N_("%(field)s: “%(value)s” is damaged, or is no wheel (a zip file). Fetch it again."),
    "wheel_too_large": N_("%(field)s: “%(value)s” is larger than zone rules ever are. Nothing in it was unpacked."),
    "wheel_unsafe": N_("%(field)s: “%(value)s” holds a file whose name leads out of it, or one name twice. Nothing in it was unpacked."),
    "wheel_strange": N_("%(field)s: “%(value)s” is neither the wheel of pytz nor that of tzdata. Give one of each."),
    "wheel_twice": N_("%(field)s: there are two wheels of %(value)s. Give one of pytz and one of tzdata."),
    "wheel_missing": N_("%(field)s: the wheel of %(value)s is missing. Give one of pytz and one of tzdata."),
    "wheel_incomplete": N_("%(field)s: “%(value)s” lacks %(first)s. Fetch it again."),
    "wheel_no_release": N_("%(field)s: “%(value)s” does not say which release it holds, such as 2026f. Fetch it again."),
    "wheel_releases_differ": N_("%(field)s: pytz holds release %(first)s and tzdata %(second)s. Give two wheels of one release."),
    "wheel_zones_differ": N_("%(field)s: only one of the two wheels knows %(remedy)s. Fetch both again."),
    "wheel_older": N_("%(field)s: release %(value)s is older than the one in use, %(first)s."),
    "wheel_zone_unreadable": N_("%(field)s: the rules of %(value)s cannot be read. Fetch both wheels again."),
    "wheel_rules_differ": N_("%(field)s: the two wheels say different times for %(value)s. Fetch both again."),
    "wheel_zone_lost": N_("%(field)s: the new rules know no zone %(value)s, and this network uses it. Nothing was changed."),
    # a file for `chorus resolve`
    "id_repeated": N_("%(field)s: “%(value)s” is there twice. Each case needs an id of its own."),
    "name_repeated": N_("%(field)s: “%(value)s” is there twice. Each group needs a name of its own."),
    "name_unusable": N_("%(field)s: “%(value)s” cannot be a name. Write 1 to %(first)s characters."),
    "range_reversed": N_("%(field)s: %(value)s is not after the beginning, %(first)s."),
    "range_too_long": N_("%(field)s: with the end at %(value)s the range is too long. Up to %(first)s days are possible."),
    "relay_too_large": N_(
        "%(field)s: %(value)s groups times starts are too many for a relay, up to %(first)s are possible. A longer slot or a shorter range "
        "has fewer starts."
    ),
    "shape_unknown": N_("%(field)s: “%(value)s” is not a shape. Possible is %(remedy)s."),
    "slot_unfit": N_("%(field)s: %(value)s minutes do not fill an hour evenly. Possible is %(remedy)s."),
    # a file of groups
    "csv_column_missing": N_("%(field)s: the column “%(value)s” is missing. The first line must name %(remedy)s."),
    "csv_columns_unknown": N_("%(field)s: “%(value)s” is not a column of this file. Known are %(remedy)s."),
    "csv_row_short": N_("%(field)s: this line has %(value)s cells. It needs %(first)s, one for each column."),
    "csv_malformed": N_(
        "%(field)s: this line cannot be read. A cell with quotes in it must begin and end with one, and no quote may be open."
    ),
    "csv_name_twice": N_("%(field)s: “%(value)s” stands in line %(first)s already. Each group may be there once."),
    "csv_no_rows": N_("%(field)s: this file names no group. The first line names the columns, each further line one group."),
    "csv_semicolons": N_(
        "%(field)s: the cells are parted by semicolons, which stand between hours here. Save it with commas; its first line is then “%(first)s”."
    ),
    # a mirror packet
    "packet_unsound": N_(
        "%(field)s: this is not a mirror packet as a network signed it. Not one letter of it may have been changed; ask for the file once more."
    ),
    "packet_newer": N_("%(field)s: this packet was made by a newer Chorus than this one. Ask the steward to bring Chorus up to date."),
    "packet_too_large": N_("%(field)s: this is too large for a mirror packet. One has up to %(first)s kB."),
    "packet_over": N_("%(field)s: this packet may not be shown any more. Its time ended on %(value)s; please delete the file."),
    "fingerprint_missing": N_(
        "%(field)s: another network signed this packet. Its fingerprint is %(first)s. Ask that network for its own in another way, by voice or on its page, and type it here only if both are the same."
    ),
    "fingerprint_differs": N_(
        "%(field)s: “%(value)s” is not the fingerprint of this packet, which is %(first)s. Compare it with that network in another way, by voice or on its page; if the two differ, delete the file."
    ),
    # recordings
    "sound_empty": N_("%(field)s: there is nothing in this file. Record again, or choose another file."),
    "sound_too_big": N_(
        "%(field)s: this file is too large. Up to %(first)s MB fit, which is more than a minute and a half of speech needs."
    ),
    "sound_not_audio": N_("%(field)s: this is not a sound file that can be read here. Possible is %(remedy)s."),
    "sound_unreadable": N_("%(field)s: this file cannot be read as sound. Record again, or save it once more as %(remedy)s."),
    "sound_truncated": N_("%(field)s: this file was cut off on its way. Send it again."),
    "sound_damaged": N_("%(field)s: this file is damaged. Send it again, or record anew."),
    "sound_has_video": N_("%(field)s: there is a video in this file. Send the sound alone."),
    "sound_no_audio": N_("%(field)s: there is no sound in this file. Record again, or choose another file."),
    "sound_many_tracks": N_("%(field)s: there is more than one track in this file. Save it with a single one."),
    "sound_codec": N_("%(field)s: this kind of sound cannot be read here. Save it as %(remedy)s."),
    "sound_rate": N_("%(field)s: this file has an unusual sample rate. Save it with %(first)s to %(second)s samples a second."),
    "sound_channels": N_("%(field)s: this file has too many channels. Save it in mono or stereo."),
    "sound_too_short": N_("%(field)s: this is shorter than a second. Record again, and keep recording until you have spoken."),
    "sound_too_long": N_("%(field)s: this is too long. A voice note has up to %(first)s seconds."),
    "sound_silent": N_("%(field)s: nothing can be heard. See whether the microphone is on, then record again."),
    "sound_uneven": N_("%(field)s: this has knocks or clicks with silence between them. Record again, with the microphone at rest."),
    "sound_too_costly": N_(
        "%(field)s: this file asks for more work than a recording of this length should. Record again, or save it anew."
    ),
    "sound_crashed": N_("%(field)s: this file could not be read to its end. Record again, or save it anew."),
    # the words of a recording
    "too_many_lines": N_("%(field)s: this has %(value)s lines. Up to %(first)s fit a voice note."),
    "too_many_signs": N_("%(field)s: this has %(value)s signs. Up to %(first)s can be read aloud in a minute and a half."),
    "times_unfit": N_(
        "%(field)s: write when each line begins and ends, in seconds, such as “0.0 4.2”. There are %(first)s lines, each begins after the one before has ended, and the sound lasts %(second)s seconds."
    ),
    # a recording on its way
    "digest_malformed": N_("%(field)s: “%(value)s” is not a SHA-256. Send %(first)s signs, 0 to 9 and a to f."),
    "chunk_unknown": N_("%(field)s: this recording has no part %(value)s. Its parts are %(first)s to %(second)s."),
    "chunk_size": N_("%(field)s: this part has %(value)s bytes. It needs %(first)s."),
    "chunk_differs": N_("%(field)s: this part changed on its way. Send it again."),
    "upload_differs": N_("%(field)s: what arrived is not what was recorded. Send it again from the beginning."),
    # idempotency
    "idempotency_key_malformed": N_("%(field)s: “%(value)s” is no key. Send %(first)s to %(second)s printable ASCII characters."),
    # settings
    "setting_base_url": N_("%(field)s: “%(value)s” is not the address of a network. Write scheme and host only, as in %(first)s."),
    "setting_choice": N_("%(field)s: “%(value)s” is not among the choices. Possible is %(remedy)s."),
    "setting_engine_url": N_("%(field)s: “%(value)s” is not the address of an engine. Write scheme, host and path only, as in %(first)s."),
    "setting_network": N_("%(field)s: “%(value)s” is neither an address nor a network. Write it as in %(remedy)s."),
    "setting_number": N_("%(field)s: “%(value)s” is not a whole number from %(first)s to %(second)s."),
    "setting_secret_short": N_("%(field)s: the secret is too short. It needs %(first)s characters at least."),
    "setting_switch": N_("%(field)s: “%(value)s” is neither on nor off. Write %(first)s for on and %(second)s for off."),
    "setting_unknown": N_("%(field)s: there is no setting of this name. Did you mean %(remedy)s?"),
    "setting_unprintable": N_("%(field)s: “%(value)s” holds characters that cannot be seen. Write it without them."),
    "setting_url": N_("%(field)s: “%(value)s” is not an address of the right kind. It begins with %(remedy)s."),
}

WITHOUT_REMEDY: dict[str, str] = {
    "zone_unknown": N_("%(field)s: no time zone is called “%(value)s”. Write a city, or a name such as Europe/Berlin."),
    "window_never_opens": N_("%(field)s: “%(value)s” never opens. Choose other hours."),
    "setting_unknown": N_("%(field)s: there is no setting of this name. “chorus settings” lists all of them."),
}

CONFLICTS: dict[str, str] = {
    "already_started": N_("This action has already begun, so it stays as it is."),
    "changed_meanwhile": N_("Somebody else has changed this in the meantime. Look at it again, then make your change anew."),
    "custody_by_handover": N_("The custodian's duty carries rights, so it passes by a hand-over: make a link for the successor."),
    "moment_whole": N_("The moment and the sentence that your group agreed to say the same. There is nothing to choose."),
    "nobody_waits": N_("Nobody waits for a turn, so there is none to skip."),
    "turn_moved_on": N_("Whose turn it is has changed meanwhile. Look at the order again."),
    "duty_taken": N_("Somebody holds this duty already. Ask them to give it back first."),
    "last_steward_link": N_("This is the only steward's link there is. Make another one first, then revoke this one."),
    "consent_over": N_("The last day on which this may be shown has passed. Set a later one first."),
    "own_translation": N_("You made this translation yourself. Somebody else has to read it before it counts as read."),
    "translation_outdated": N_("The original has changed since this was translated. Bring the translation up to date first."),
    "told_elsewhere": N_("This came in a packet, and stays as its network signed it. It can be translated and mirrored, but not changed."),
    "wording_unknown": N_("The original has changed too much since you began. Copy what you wrote, and look at the new wording."),
    "spotlight_gone": N_(
        "Its group does not show this spotlight any more, so nothing can be published about it. What you wrote is still here."
    ),
    "shown_once": N_("This was done already. The answer held a secret, and secrets are shown once only."),
    "packet_withdrawn": N_(
        "This was told in this network, and has been taken back since. It may not be shown any more; please delete the file."
    ),
    "packet_passed_on": N_("This came in a packet and is signed by the network it came from. Pass that packet on as it is."),
    "upload_incomplete": N_("This recording has not arrived whole. Parts still to come: %(missing)s."),
    "uploads_open": N_("Your group is sending %(most)s recordings already. Let one of them arrive first."),
    "voices_kept": N_("Your group has %(most)s voice notes already. Take one back, then send this one."),
    "voice_state": N_("This voice note has gone another way in the meantime. That cannot be done any more."),
    "voice_wordless": N_("This voice note has no words yet. Write down what is said, a sentence a line, then do this again."),
    "voice_over": N_("The time of this voice note is over. Send a new one."),
    "report_own": N_("This voice note is your own group’s. Take it back instead of reporting it."),
    "report_dismissed": N_("Your group has reported this voice note before, and the steward lets it stand. Speak with the steward."),
    "report_settled": N_("This report is settled already, or the voice note is gone."),
    "deadline_passed": N_("Answers were open until %(deadline_at)s. The count is closed, and nothing was changed."),
}

ACTION_STATES: dict[str, str] = {
    "draft": N_("This action is a draft, and no moment has been put forward yet. That cannot be done now."),
    "proposed": N_("A moment for this action is before the groups. That cannot be done until they have answered."),
    "confirmed": N_("This action is confirmed. That cannot be done any more."),
    "lapsed": N_("This proposal has lapsed. That cannot be done any more; a copy can be proposed again."),
    "withdrawn": N_("This action was withdrawn. That cannot be done any more."),
    "cancelled": N_("This action was cancelled. That cannot be done any more."),
}
SPOTLIGHT_STATES: dict[str, str] = {
    "draft": N_("This spotlight is a draft, and nobody else sees it yet. That cannot be done now."),
    "published": N_("This spotlight is published. That cannot be done any more."),
    "retired": N_("This spotlight was taken back. That cannot be done any more; it can be told again as a new one."),
}
MEETING_STATES: dict[str, str] = {
    "set_up": N_("This segment has not begun yet. Start it first."),
    "running": N_("This segment is running already."),
    "ended": N_("This segment has ended. What was mirrored stands on its written page."),
}
ANY_CONFLICT = N_("This cannot be done any more, because something has changed in the meantime. Look at the page again.")

LABELS: dict[str, str] = {
    "": THE_WHOLE,
    "action": N_("Our next action"),
    "alias": N_("Alias"),
    "alias_name": N_("Name that others read"),
    "alias_place": N_("Place that others read"),
    "answer": N_("Our next action answers"),
    "apart_hours": N_("Hours between candidates"),
    "ask": N_("What we ask of others"),
    "audience": N_("Who may see it"),
    "availability": N_("Hours"),
    "blocked": N_("Blocked dates"),
    "calendar": N_("The calendar"),
    "calendar_file": N_("The calendar’s file"),
    "calendar_url": N_("The calendar’s link"),
    "carried": N_("Carried"),
    "chunk": N_("Part of the recording"),
    "city": N_("City"),
    "command": N_("Button"),
    "consent": N_("What may be shown where"),
    "deadline": N_("Answers until"),
    "deadline_wall_time": N_("Answers until"),
    "default_language": N_("Usual language"),
    "duration": N_("Duration"),
    "duration_minutes": N_("Duration"),
    "duty": N_("Duty"),
    "face": N_("They face"),
    "file": N_("The file"),
    "fingerprint": N_("Fingerprint"),
    "fold": N_("First or second"),
    "from": N_("From"),
    "gap": N_("Where clocks jump over it"),
    "groups": N_("Groups"),
    "in_minutes": N_("Minutes from now"),
    "invited": N_("Invited groups"),
    "idempotency_key": N_("Idempotency key"),
    "kind": N_("Kind"),
    "label": N_("Label"),
    "language": N_("Language"),
    "level": N_("Level"),
    "limit": N_("Number of candidates"),
    "line": N_("Line"),
    "links": N_("Links"),
    "listing": N_("Listing"),
    "meeting": N_("Meeting"),
    "minutes": N_("Minutes"),
    "name": N_("Name"),
    "numerals": N_("Digits"),
    "parts": N_("Parts"),
    "place": N_("Place"),
    "quarter": N_("Quarter"),
    "quiet": N_("Quiet hours"),
    "range": N_("Range"),
    "reach": N_("Reach"),
    "reason": N_("Reason"),
    "rendering": N_("Rendering"),
    "reply": N_("What we say back"),
    "required": N_("Needed groups"),
    "researcher": N_("Next researcher’s alias"),
    "researcher_until": N_("Their last day"),
    "response": N_("Answer"),
    "revision": N_("What was seen"),
    "role": N_("Role"),
    "section": N_("Section"),
    "seat": N_("Seat"),
    "shape": N_("Shape"),
    "share": N_("We share"),
    "slot_minutes": N_("Slot"),
    "sha256": N_("Digest of the recording"),
    "size": N_("Size of the recording"),
    "sound": N_("The recording"),
    "source": N_("From language"),
    "span": N_("How long it is heard"),
    "spotlight": N_("Spotlight"),
    "start": N_("Start"),
    "story": N_("Story"),
    "successor": N_("Successor’s alias"),
    "successor_until": N_("Successor’s last day"),
    "target": N_("Into language"),
    "term": N_("Term"),
    "text": N_("Pasted lines"),
    "threshold": N_("Threshold"),
    "threshold_percent": N_("Threshold"),
    "times": N_("Times"),
    "title": N_("Title"),
    "to": N_("Until"),
    "tolerance_ms": N_("Tolerance of clocks"),
    "until": N_("Until"),
    "wall_time": N_("Date and time"),
    "wheel": N_("Zone rules"),
    "why": N_("Why"),
    "windows": N_("Hours"),
    "words": N_("Words"),
    "zone": N_("Time zone"),
}

PARTS: dict[str, str] = {
    "days": N_("weekdays"),
    "echo": N_("echo"),
    "end": N_("end"),
    "from": N_("from"),
    "level": N_("level"),
    "reply": N_("reply"),
    "research": N_("next research"),
    "spotlight": N_("spotlight"),
    "start": N_("start"),
    "times": N_("times"),
    "to": N_("to"),
    "voice": N_("voice"),
    "words": N_("words"),
}


# --- problems ---------------------------------------------------------------------------------------------------------


def say(problem: Problem, language: Language, *, zone_id: str = "UTC", city: str = "", setting: Setting = Setting.BARE) -> str:
    """The sentence for one fault. Moments in it are said in `zone_id` for `city`, or in UTC when no city is given.

    A code without a sentence still names the field, the value and what is possible. With `Setting.HTML` the result is Markup.
    """
    given = _readable(problem.value, problem.code, language, zone_id, city)
    remedy = [_readable(item, problem.code, language, zone_id, city) for item in problem.remedy]
    values = {
        "field": label(problem.field, language),
        "value": set_city(given, setting),
        "remedy": listed(remedy, language, setting),
        "first": set_city(remedy[0], setting) if remedy else "",
        "second": set_city(remedy[1], setting) if len(remedy) > 1 else "",
        "last": set_city(remedy[-1], setting) if remedy else "",
    }
    return compose(language.gettext(sentence_for(problem)), setting, **values)


def say_all(fault: Invalid, language: Language, *, zone_id: str = "UTC", city: str = "") -> list[str]:
    """A sentence for each fault, in their order."""
    return [say(problem, language, zone_id=zone_id, city=city) for problem in fault.problems]


def sentence_for(problem: Problem) -> str:
    """The English sentence of the code, or of the case that nothing was given or nothing can be suggested."""
    sentence = PROBLEMS.get(problem.code, GENERIC)
    if not problem.value and problem.remedy and "“%(value)s”" in sentence:
        return NOTHING_GIVEN
    if not problem.remedy and problem.code in WITHOUT_REMEDY:
        return WITHOUT_REMEDY[problem.code]
    return GENERIC_WITHOUT_REMEDY if sentence is GENERIC and not problem.remedy else sentence


def label(field: str, language: Language) -> str:
    """What the reader calls the field: "Title", "Hours 3, from" for `windows[2].from`, "Line 12, Time zone" for `line[12].zone`.

    Lists are counted from one, lines as they are; a field without a label is called by its own name.
    """
    said = ""
    for name, index in STEP.findall(field):
        if name:
            said = _under(said, name, language)
        else:
            said = _numbered(said, field, index, language)
    return said or language.gettext(THE_WHOLE)


def _under(said: str, name: str, language: Language) -> str:
    if not said:
        return language.gettext(LABELS[name]) if name in LABELS else name
    part = language.gettext(PARTS.get(name) or LABELS[name]) if name in PARTS or name in LABELS else name
    # Translators: a part of something in a form: "Hours 3, from".
    return language.gettext("%(whole)s, %(part)s", whole=said, part=part)


def _numbered(said: str, field: str, index: str, language: Language) -> str:
    if not index.isdecimal():
        return language.gettext("%(whole)s, %(part)s", whole=said, part=index) if said else index
    number = count_words(int(index) + (0 if field.startswith("line[") else 1), language)
    # Translators: one of several in a form: "Hours 3".
    return language.gettext("%(whole)s %(number)s", whole=said, number=number) if said else number


def listed(items: Sequence[str], language: Language, setting: Setting = Setting.BARE) -> str:
    """ "a, b, or c" as the language says it; empty for nothing."""
    shown = items[:LISTED_REMEDIES]
    places = {f"item{i}": set_city(item, setting) for i, item in enumerate(shown)}
    frame = format_list([f"%({place})s" for place in places], style="or", locale=language.locale)
    return compose(frame, setting, **places) if shown else ""


def _readable(text: str, code: str, language: Language, zone_id: str, city: str) -> str:
    """A moment written for machines as one written for people; anything else as it is."""
    if code == "instant_malformed" or not INSTANT.fullmatch(text):
        return text
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        return text
    return say_moment(instant, zone_id, language, city) if city else say_day_in_utc(instant, language)


# --- conflicts and other errors -----------------------------------------------------------------------------------------


class _Details(dict[str, str]):
    """Values of a sentence; what is missing shows as an ellipsis, because a page about an error must not fail itself."""

    def __missing__(self, key: str) -> str:
        return "…"


def say_conflict(code: str, details: Mapping[str, str], language: Language, *, zone_id: str = "UTC", city: str = "") -> str:
    """The sentence for a state that does not allow it; for an unknown code, that something has changed."""
    if code == "action_state":
        return language.gettext(ACTION_STATES.get(details.get("state", ""), ANY_CONFLICT))
    if code == "spotlight_state":
        return language.gettext(SPOTLIGHT_STATES.get(details.get("state", ""), ANY_CONFLICT))
    if code == "meeting_state":
        return language.gettext(MEETING_STATES.get(details.get("state", ""), ANY_CONFLICT))
    values = _Details({key: _readable(value, code, language, zone_id, city) for key, value in details.items()})
    return language.gettext(CONFLICTS.get(code, ANY_CONFLICT)) % values


def say_error(error: ChorusError, language: Language, *, zone_id: str = "UTC", city: str = "") -> str:
    """One sentence for any error of `errors.py`: what is the matter and what to do. It never tells more than the error may."""
    match error:
        case Invalid():
            return " ".join(say_all(error, language, zone_id=zone_id, city=city))
        case Conflict(code=code, details=details):
            return say_conflict(code, details, language, zone_id=zone_id, city=city)
        case NotFound():
            return language.gettext("There is nothing here, or not any more. If a link brought you, ask whoever gave it for a new one.")
        case NotSignedIn():
            return language.gettext("This page needs a link. Open the one you were given, or enter its code.")
        case Forbidden():
            return language.gettext("Your link does not allow this. A custodian of the group, or the steward, can help.")
        case KeyReused():
            return language.gettext("This form was sent before with other contents. Open the page again and send it once more.")
        case TooLarge(limit_bytes=limit_bytes):
            return language.gettext("This is too large. Up to %(size)s kB fit.", size=count_words(max(1, limit_bytes // 1000), language))
        case TooMany(retry_after_s=retry_after_s):
            return _say_too_many(retry_after_s, language)
        case Unavailable() | EngineFault():
            return language.gettext("A part of Chorus is not there just now. Nothing was changed; try again in a minute.")
        case _:
            return language.gettext(ANY_CONFLICT)


def _say_too_many(retry_after_s: int, language: Language) -> str:
    n = count_words(retry_after_s, language)
    return language.ngettext(
        "That was too often. Try again in %(n)s second.", "That was too often. Try again in %(n)s seconds.", retry_after_s, n=n
    )
