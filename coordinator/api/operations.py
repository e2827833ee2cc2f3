"""The one table of the API: every operation with what it needs, takes and answers. Routes and OpenAPI are made from it."""

from __future__ import annotations

from coordinator.api import (
    bodies,
    bodies_mirror,
    busy,
    candidates,
    commands,
    commands_mirror,
    meetings,
    no_go,
    reads,
    reads_mirror,
    shapes,
    shapes_busy,
    shapes_candidates,
    shapes_meeting,
    shapes_mirror,
    shapes_no_go,
    uploads,
)
from coordinator.api.operation import Cache, Operation, Query
from coordinator.api.sessions import open_session
from coordinator.domain.access import Right
from coordinator.domain.busy import MAX_BYTES as MAX_CALENDAR_BYTES
from coordinator.domain.upload import CHUNK_BYTES
from coordinator.services.imports import FILE_BYTES

QUARTER = Query("quarter", "A quarter; absent: the current one.", "2027-Q1")
LISTING = Query("listing", "Who sees the groups of the file; absent: partners.", "partners")
SEARCHED = Query("q", "A city, a country or a zone's name, in part.", "kath")
LEG = Query("leg", "The number of one leg; absent: all that the reader may see.", "1")
START = Query("start", "As `put-forward` takes it: an instant, a wall time, or instants with commas between them.", "2027-02-10T19:30")
LANGUAGE = Query("language", "In which language cities are called; absent: English.", "ar")
WORDS = Query("language", "In which language told words are wanted; absent: the network's.", "ar")
UNTRANSLATED = Query("original", "`true`: the original, whatever the language; else `false`.", "true")

PUBLIC = (
    Operation("GET", "/time", "readTime", "This server's clock, for pages that count down without a socket", answer=shapes.Time),
    Operation("GET", "/openapi.json", "readOpenapi", "This document", answer=shapes.Document),
    Operation("GET", "/asyncapi.json", "readAsyncapi", "The messages of the live socket, as AsyncAPI", answer=shapes.Document),
    Operation(
        "GET", "/network", "readNetwork", "The network: name, zone, languages, rules",
        answer=shapes.NetworkShown, read=reads.network, cache=Cache.PUBLIC,
    ),
    Operation(
        "GET", "/zones", "findZones", "Zones by city, country or name; old names are found too",
        answer=shapes.Zones, read=reads.zones_found, query=(SEARCHED, LANGUAGE), cache=Cache.PUBLIC,
    ),
    Operation(
        "GET", "/quarters/{quarter}", "readQuarter", "A quarter: its bounds and its actions",
        answer=shapes.QuarterShown, read=reads.quarter, cache=Cache.READER,
    ),
    Operation(
        "GET", "/actions", "listActions", "The actions of a quarter, by their moments",
        answer=shapes.Actions, read=reads.actions, query=(QUARTER,), cache=Cache.READER,
    ),
    Operation(
        "GET", "/actions/{slug}", "readAction", "One action, as its reader may see it",
        answer=shapes.ActionShown, read=reads.action, cache=Cache.READER,
    ),
    Operation(
        "GET", "/actions/{slug}/moment.json", "readMoment", "The instants of one action, in ms since 1970 UTC",
        answer=shapes.Moment, read=reads.moment, query=(LEG,), cache=Cache.READER,
    ),
    Operation(
        "GET", "/groups", "listGroups", "The groups that list themselves to the reader",
        answer=shapes.Groups, read=reads.groups, cache=Cache.READER,
    ),
)  # fmt: skip

SESSIONS = (
    Operation("GET", "/session", "readSession", "What this session holds", answer=shapes.SessionShown, read=reads.session),
    Operation(
        "POST", "/session", "openSession", "Exchanges a link's secret or a short code for a bearer token",
        body=bodies.SessionBody, answer=shapes.NewSession, endpoint=open_session, status=201, limited=True, keyed=False,
    ),
    Operation(
        "POST", "/leave", "leave", "Lets go of one link, or of all and the session",
        right=Right.READ_ROOM, body=bodies.LeaveBody, command=commands.leave,
    ),
)  # fmt: skip

ACTIONS = (
    Operation(
        "POST", "/groups/{group}/actions", "draftAction", "Drafts an action, or a practice",
        right=Right.DRAFT, body=bodies.ProposalBody, answer=shapes.ActionShown, command=commands.draft, status=201,
    ),
    Operation(
        "POST", "/actions/{slug}", "editAction", "Changes a draft as a whole",
        right=Right.DRAFT, body=bodies.ProposalBody, answer=shapes.ActionShown, command=commands.edit,
    ),
    Operation(
        "GET", "/actions/{slug}/candidates", "readCandidates", "The starts worth putting forward, with what each costs whom",
        right=Right.READ_DESK, answer=shapes_candidates.Candidates, read=candidates.found,
    ),
    Operation(
        "GET", "/actions/{slug}/candidates/{start}", "weighStart", "What a start of one's own choice (an instant) would cost whom",
        right=Right.READ_DESK, answer=shapes_candidates.CandidateShown, read=candidates.weighed,
    ),
    Operation(
        "GET", "/actions/{slug}/shapes", "compareShapes", "The best start of each shape, with what each costs whom",
        right=Right.READ_DESK, answer=shapes_candidates.Shapes, read=candidates.compared,
    ),
    Operation(
        "GET", "/actions/{slug}/shapes/{shape}", "weighShape", "What a start of one's own choice, of any shape, would cost whom",
        right=Right.READ_DESK, answer=shapes_candidates.ShapeShown, read=candidates.shape_weighed, query=(START,),
    ),
    Operation(
        "POST", "/actions/{slug}/put-forward", "putForward", "Puts one moment before the groups, with a deadline",
        right=Right.PUT_FORWARD, body=bodies.OfferBody, answer=shapes.ActionShown, command=commands.put_forward,
    ),
    Operation(
        "POST", "/actions/{slug}/move", "moveAction", "Puts another moment of a confirmed action before the groups",
        right=Right.PUT_FORWARD, body=bodies.OfferBody, answer=shapes.ActionShown, command=commands.move,
    ),
    Operation(
        "POST", "/actions/{slug}/withdraw", "withdrawAction", "Takes a draft, a proposal or a move back",
        right=Right.PUT_FORWARD, body=bodies.Nothing, answer=shapes.ActionShown, command=commands.withdraw,
    ),
    Operation(
        "POST", "/actions/{slug}/cancel", "cancelAction", "Cancels a confirmed action, with a reason",
        right=Right.PUT_FORWARD, body=bodies.CancelBody, answer=shapes.ActionShown, command=commands.cancel,
    ),
    Operation(
        "POST", "/actions/{slug}/practise", "practise", "Starts a practice, at once confirmed",
        right=Right.PUT_FORWARD, body=bodies.PracticeBody, answer=shapes.ActionShown, command=commands.practise,
    ),
    Operation(
        "POST", "/actions/{slug}/response", "respond", "Gives or changes a group's answer",
        right=Right.RESPOND, body=bodies.ResponseBody, answer=shapes.Answered, command=commands.respond,
    ),
    Operation(
        "POST", "/actions/{slug}/keep-instant", "keepInstant", "Keeps a moment whose hour zone law has changed, at the hour that it now is",
        right=Right.RESPOND, body=bodies.OwnMomentBody, answer=shapes.ActionShown, command=commands.keep_instant,
    ),
    Operation(
        "POST", "/actions/{slug}/ask-for-move", "askForMove", "Asks for another moment, since zone law has changed the hour of this one",
        right=Right.RESPOND, body=bodies.OwnMomentBody, answer=shapes.ActionShown, command=commands.ask_for_move,
    ),
)  # fmt: skip

GROUPS = (
    Operation(
        "POST", "/groups", "createGroup", "Takes a group into the network",
        right=Right.STEER, body=bodies.GroupBody, answer=shapes.GroupShown, command=commands.create_group, status=201,
    ),
    Operation(
        "POST", "/groups/import", "importGroups", "Takes all groups of a groups.csv into the network, or none",
        right=Right.STEER, file="text/csv", file_bytes=FILE_BYTES, query=(LISTING,), answer=shapes.Imported, command=commands.import_groups,
        status=201,
    ),
    Operation(
        "GET", "/groups/{group}", "readGroup", "A group, for those at its desk",
        right=Right.READ_DESK, answer=shapes.GroupShown, read=reads.group,
    ),
    Operation(
        "POST", "/groups/{group}", "editGroup", "Changes what a group says of itself",
        right=Right.EDIT_GROUP, body=bodies.ProfileBody, answer=shapes.GroupShown, command=commands.edit_group,
    ),
    Operation(
        "POST", "/groups/{group}/listing", "editListing", "Changes who sees a group, under which name and place",
        right=Right.EDIT_GROUP, body=bodies.ListingBody, answer=shapes.GroupShown, command=commands.edit_listing,
    ),
    Operation(
        "POST", "/groups/{group}/availability", "editAvailability", "Replaces windows, quiet hours and blocked dates",
        right=Right.EDIT_AVAILABILITY, body=bodies.AvailabilityBody, answer=shapes.GroupShown, command=commands.edit_availability,
    ),
    Operation(
        "GET", "/groups/{group}/no-go", "listNoGo", "A group's private no-go times; nobody but its own people gets them",
        right=Right.KEEP_NO_GO, answer=shapes_no_go.NoGoTimes, read=no_go.listed,
    ),
    Operation(
        "POST", "/groups/{group}/no-go", "addNoGo", "Keeps one more: the search for moments goes round it",
        right=Right.KEEP_NO_GO, body=bodies.NoGoBody, answer=shapes_no_go.NoGoMade, command=no_go.add, status=201,
    ),
    Operation(
        "POST", "/groups/{group}/no-go/{no_go}/remove", "removeNoGo", "Forgets one",
        right=Right.KEEP_NO_GO, body=bodies.Nothing, command=no_go.remove,
    ),
    Operation(
        "GET", "/groups/{group}/busy", "readBusy", "A group's calendar of busy times; nobody but its own people gets it",
        right=Right.KEEP_NO_GO, answer=shapes_busy.BusyShown, read=busy.read,
    ),
    Operation(
        "POST", "/groups/{group}/busy", "giveBusyLink", "Gives the link of a calendar, which is read at once and again and again",
        right=Right.KEEP_NO_GO, body=bodies.BusyLinkBody, command=busy.give_link,
    ),
    Operation(
        "POST", "/groups/{group}/busy/file", "giveBusyFile", "Gives a calendar as a file, in the place of all that was known",
        right=Right.KEEP_NO_GO, file="text/calendar", file_bytes=MAX_CALENDAR_BYTES, prepare=busy.read_file,
        command=busy.keep_file,
    ),
    Operation(
        "POST", "/groups/{group}/busy/read", "readBusyAgain", "Has the link read now",
        right=Right.KEEP_NO_GO, body=bodies.Nothing, command=busy.read_again,
    ),
    Operation(
        "POST", "/groups/{group}/busy/remove", "removeBusy", "Forgets the calendar and what was read of it",
        right=Right.KEEP_NO_GO, body=bodies.Nothing, command=busy.remove,
    ),
    Operation(
        "POST", "/groups/{group}/archive", "archiveGroup", "Lets a group leave: its links end, its past actions stand",
        right=Right.STEER, body=bodies.Nothing, command=commands.archive_group,
    ),
    Operation(
        "GET", "/groups/{group}/links", "listLinks", "A group's links, without their secrets",
        right=Right.MAKE_LINKS, answer=shapes.Links, read=reads.group_links,
    ),
    Operation(
        "POST", "/groups/{group}/links", "makeLink", "Makes a link; its secret is shown this once",
        right=Right.MAKE_LINKS, body=bodies.LinkBody, answer=shapes.NewLink, command=commands.make_group_link, status=201, secret=True,
    ),
    Operation(
        "GET", "/groups/{group}/rota", "readRota", "Who holds which duty until when",
        right=Right.READ_DESK, answer=shapes.Rota, read=reads.rota,
    ),
    Operation(
        "POST", "/groups/{group}/rota/take", "takeDuty", "Takes a free seat",
        right=Right.TAKE_DUTY, body=bodies.TakeDutyBody, answer=shapes.Rota, command=commands.take_duty,
    ),
    Operation(
        "POST", "/groups/{group}/rota/give-back", "giveBack", "Gives a seat back",
        right=Right.TAKE_DUTY, body=bodies.DutyBody, answer=shapes.Rota, command=commands.give_back,
    ),
    Operation(
        "POST", "/groups/{group}/rota/hand-over", "handOver", "Offers the custodianship by a link, whose secret is shown this once",
        right=Right.HAND_OVER, body=bodies.HandOverBody, answer=shapes.NewLink, command=commands.hand_over, status=201, secret=True,
    ),
)  # fmt: skip

MIRROR = (
    Operation(
        "GET", "/spotlights", "listSpotlights", "The spotlights that stand, in the best words there are",
        answer=shapes_mirror.Spotlights, read=reads_mirror.spotlights, query=(WORDS,), cache=Cache.READER,
    ),
    Operation(
        "GET", "/spotlights/{spotlight}", "readSpotlight", "One spotlight, with its echoes and the languages it can be read in",
        answer=shapes_mirror.SpotlightShown, read=reads_mirror.spotlight, query=(WORDS, UNTRANSLATED), cache=Cache.READER,
    ),
    Operation(
        "GET", "/glossary", "readGlossary", "The words that machine drafts keep, or say as the network agreed",
        right=Right.READ_PARTNERS, answer=shapes_mirror.Glossary, read=reads_mirror.glossary,
    ),
    Operation(
        "GET", "/groups/{group}/spotlights", "listGroupSpotlights", "All that a group tells, its drafts too",
        right=Right.READ_DESK, answer=shapes_mirror.Spotlights, read=reads_mirror.group_spotlights, query=(WORDS,),
    ),
    Operation(
        "POST", "/groups/{group}/spotlights", "draftSpotlight", "Drafts a spotlight",
        right=Right.TELL, body=bodies_mirror.SpotlightBody, answer=shapes_mirror.SpotlightShown, command=commands_mirror.draft, status=201,
    ),
    Operation(
        "POST", "/spotlights/{spotlight}", "editSpotlight", "Changes a draft, or what is published, as a whole",
        right=Right.TELL, body=bodies_mirror.SpotlightChangeBody, answer=shapes_mirror.SpotlightShown, command=commands_mirror.edit,
    ),
    Operation(
        "POST", "/spotlights/{spotlight}/publish", "publishSpotlight", "Shows a draft to its audience, and asks for translations",
        right=Right.PUBLISH, body=bodies.Nothing, answer=shapes_mirror.SpotlightShown, command=commands_mirror.publish,
    ),
    Operation(
        "POST", "/spotlights/{spotlight}/retire", "retireSpotlight", "Takes a published spotlight back; its own group keeps it",
        right=Right.PUBLISH, body=bodies.Nothing, answer=shapes_mirror.SpotlightShown, command=commands_mirror.retire,
    ),
    Operation(
        "POST", "/spotlights/{spotlight}/delete", "deleteSpotlight", "Deletes a spotlight, its translations and the echoes of it",
        right=Right.PUBLISH, body=bodies.Nothing, command=commands_mirror.delete,
    ),
    Operation(
        "GET", "/spotlights/{spotlight}/translations", "listTranslations", "Every translation of a spotlight that stands",
        right=Right.READ_PARTNERS, answer=shapes_mirror.Translations, read=reads_mirror.translations,
    ),
    Operation(
        "POST", "/spotlights/{spotlight}/translations", "saveTranslation", "Keeps a translation by a person; nobody else's is lost",
        right=Right.TRANSLATE, body=bodies_mirror.TranslationBody, answer=shapes_mirror.SavedTranslation,
        command=commands_mirror.translate, status=201,
    ),
    Operation(
        "POST", "/translations/{translation}/sign", "signTranslation", "Vouches for another's translation, as a second reader",
        right=Right.TRANSLATE, body=bodies_mirror.ReaderBody, answer=shapes_mirror.TranslationShown, command=commands_mirror.sign,
    ),
    Operation(
        "POST", "/translations/{translation}/delete", "deleteTranslation", "Takes a translation away",
        right=Right.PUBLISH, body=bodies_mirror.ReaderBody, command=commands_mirror.delete_translation,
    ),
)  # fmt: skip

MEETINGS = (
    Operation(
        "GET", "/groups/{group}/meetings", "listMeetings", "A group's mirror segments",
        right=Right.READ_DESK, answer=shapes_meeting.Meetings, read=meetings.listed,
    ),
    Operation(
        "POST", "/groups/{group}/meetings", "setUpMeeting", "Sets a mirror segment up, which waits to be started",
        right=Right.RUN_SEGMENT, body=bodies_mirror.MeetingBody, answer=shapes_meeting.MeetingShown, command=meetings.set_up, status=201,
    ),
    Operation(
        "GET", "/meetings/{meeting}", "readMeeting", "Where a mirror segment stands",
        right=Right.READ_SEGMENT, answer=shapes_meeting.MeetingShown, read=meetings.one,
    ),
    Operation(
        "POST", "/meetings/{meeting}/step", "stepMeeting", "One tap of a remote: every wall follows",
        right=Right.RUN_SEGMENT, body=bodies_mirror.StepBody, answer=shapes_meeting.SteppedShown, command=meetings.step,
    ),
    Operation(
        "POST", "/meetings/{meeting}/echo", "sayEcho", "Publishes what the room says to the partner it answers, or changes it",
        right=Right.RUN_SEGMENT, body=bodies_mirror.EchoBody, answer=shapes_meeting.MeetingShown, command=meetings.say_echo,
    ),
    Operation(
        "POST", "/meetings/{meeting}/researcher", "nameResearcher", "Keeps who researches next time",
        right=Right.RUN_SEGMENT, body=bodies_mirror.ResearcherBody, answer=shapes_meeting.MeetingShown, command=meetings.name_researcher,
    ),
)  # fmt: skip

STEERING = (
    Operation(
        "POST", "/network", "editNetwork", "Changes the network's settings",
        right=Right.STEER, body=bodies.NetworkBody, answer=shapes.NetworkShown, command=commands.edit_network,
    ),
    Operation(
        "GET", "/links", "listStewardLinks", "The stewards' links, without their secrets",
        right=Right.STEER, answer=shapes.Links, read=reads.steward_links,
    ),
    Operation(
        "POST", "/links", "makeStewardLink", "Makes one more steward's link; its secret is shown this once",
        right=Right.STEER, body=bodies.LinkBody, answer=shapes.NewLink, command=commands.make_steward_link, status=201, secret=True,
    ),
    Operation(
        "POST", "/links/{link}/revoke", "revokeLink", "Revokes a link for good, everywhere within two seconds",
        right=Right.MAKE_LINKS, body=bodies.Nothing, command=commands.revoke_link,
    ),
    Operation("GET", "/jobs", "listJobs", "What waits, and what was given up", right=Right.STEER, answer=shapes.Jobs, read=reads.jobs),
    Operation(
        "POST", "/jobs/{job}/revive", "reviveJob", "Gives a job that was given up its attempts anew",
        right=Right.STEER, body=bodies.Nothing, command=commands.revive_job,
    ),
    Operation("GET", "/health", "readHealth", "How well the network is", right=Right.STEER, answer=shapes.HealthShown, read=reads.health),
)  # fmt: skip

DIGEST = Query("sha256", "The SHA-256 of this part, in hex.", "ab" * 32)

RECORDINGS = (
    Operation(
        "POST", "/groups/{group}/uploads", "beginUpload", "Says which recording will be sent; begun again, the same one goes on where it was",
        right=Right.TELL, body=bodies.UploadBody, answer=shapes.UploadShown, command=uploads.begin, status=201,
    ),
    Operation(
        "GET", "/uploads/{upload}", "readUpload", "How far a recording has come",
        right=Right.TELL, answer=shapes.UploadShown, read=uploads.read,
    ),
    Operation(
        "POST", "/uploads/{upload}/chunks/{number}", "keepChunk", "One part of a recording, in any order and as often as it takes",
        right=Right.TELL, file="application/octet-stream", file_bytes=CHUNK_BYTES, query=(DIGEST,), endpoint=uploads.keep_chunk, keyed=False,
    ),
    Operation(
        "POST", "/uploads/{upload}/finish", "finishUpload", "All parts are sent: the recording becomes a voice note, once",
        right=Right.TELL, body=bodies.FinishBody, answer=shapes.VoiceStarted, endpoint=uploads.finish, status=201, keyed=False,
    ),
    Operation(
        "POST", "/uploads/{upload}/give-up", "giveUpUpload", "Forgets a recording that was not finished",
        right=Right.TELL, endpoint=uploads.give_up, keyed=False,
    ),
)  # fmt: skip

OPERATIONS: tuple[Operation, ...] = (*PUBLIC, *SESSIONS, *ACTIONS, *GROUPS, *MIRROR, *MEETINGS, *RECORDINGS, *STEERING)
