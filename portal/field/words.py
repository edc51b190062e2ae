"""The words of the app's scripts, in both languages at once: the page is kept on the phone and can change its language there."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import override, pgettext

from projects_api.choices import DelayReason, FindingState, MilestoneState, Severity, Status

LANGUAGES = ("zh-hans", "en")


def vocabulary() -> dict[str, Any]:
    """``{"words": {language: {key: words}}, "choices": {language: {kind: {code: word}}}}``, as plain data."""
    found: dict[str, Any] = {"words": {}, "choices": {}}
    for language in LANGUAGES:
        with override(language):
            found["words"][language] = words()
            found["choices"][language] = {
                "state": {state.value: str(state.label) for state in MilestoneState},
                "reason": {reason.value: str(reason.label) for reason in DelayReason},
                "severity": {each.value: str(each.label) for each in Severity},
                "finding": {each.value: str(each.label) for each in FindingState},
                "status": {status.value: str(status.label) for status in Status},
            }
    return found


def words() -> dict[str, str]:
    """In the current language. ``…_one`` is the form for exactly one; ``%(name)s`` is filled in by the browser."""
    return {**_frame(), **_sites(), **_stage(), **_report(), **_queue(), **_conflict(), **_mending()}


def _frame() -> dict[str, str]:
    return {
        "moment": _("%(time)s, %(day)s"),
        "comma": _(", "),
        "asOf": _("as of %(time)s"),
        "busy": _("Sending and asking"),
        "offline": _("No connection: everything is kept and sent later"),
        "signedOut": _("Not signed in"),
        "signIn": _("Sign in"),
        "signOut": _("Sign out"),
        "signInKept": _("Sign in: your %(n)s reports are kept and go on then."),
        "signInKept_one": _("Sign in: your report is kept and goes on then."),
        "signInAgain": _("Your session has ended. Sign in to send and to hear what is new."),
        "signInFirst": _("Sign in once with a connection; from then on this works without."),
        "checking": _("Asking for your sites"),
        "connectOnce": _("Somebody has signed in since. Connect once, so that your own sites can be shown."),
        "signOutSure": _(
            "%(n)s reports have not been sent. They stay on this phone and go on when you sign in again. Sign out?"
        ),
        "signOutSure_one": _(
            "One report has not been sent. It stays on this phone and goes on when you sign in again. Sign out?"
        ),
        "worksOffline": _("This page is on your phone: it opens and works without a connection."),
        "refresh": _("Refresh"),
        "reports": _("My reports"),
        "waitingCount": _("%(n)s waiting"),
        "needYou": _("%(n)s need you"),
        "needYou_one": _("%(n)s needs you"),
        "allProjects": _("All projects"),
        "allFindings": _("Inspections and findings"),
        "paperForm": _("Progress by Excel form"),
        "demo": _("Demonstration: sample accounts can sign in, and what is marked illustrative is not real."),
        "full": _("The phone is full. Free some space and try again; what was kept before is still there."),
        "notKept": _("This could not be kept on the phone. Do not close the page, and try again."),
        "noStore": _(
            "This browser keeps nothing on the phone, perhaps because of a private window. Open the page in another."
        ),
        "tryAgain": _("Try again"),
        "nothing": _("nothing"),
    }


def _sites() -> dict[str, str]:
    return {
        "mySites": _("My sites"),
        "unread": _("%(n)s unread notifications"),
        "unread_one": _("%(n)s unread notification"),
        "neverHeard": _("Your sites have not arrived yet. They need a connection once."),
        "noSites": _("No site is assigned to you now. The bureau's administrator assigns them."),
        "noSuchSite": _("This site is not among yours"),
        "noSuchSiteWhy": _(
            "It may have been given to somebody else, or have been finished. What you wrote is in your reports."
        ),
        "byDistance": _("Nearest first"),
        "byDue": _("What is due first"),
        "noPlace": _("no location"),
        "allDone": _("all stages are done"),
        "begun": _("report begun"),
        "waitingHere": _("%(n)s reports not sent yet"),
        "waitingHere_one": _("%(n)s report not sent yet"),
        "overdueBy": _("due %(day)s, %(n)s days overdue"),
        "overdueBy_one": _("due %(day)s, one day overdue"),
        "dueOn": _("due %(day)s"),
        "noDate": _("no date yet"),
        "nextStage": _("Comes next"),
        "openStages": _("Other open stages"),
        "doneStages": _("Stages that are done: %(n)s"),
        "finishedOn": _("finished %(day)s"),
        "promisedFor": _("promised for %(day)s"),
        "plannedFor": _("planned for %(day)s"),
        "inThisReport": _("in this report"),
        "notSentYet": _("not sent yet"),
    }


def _stage() -> dict[str, str]:
    return {
        "started": _("Started on"),
        "startedToday": _("Started today"),
        "percent": _("How far, in percent"),
        "finished": _("Finished on"),
        "finishedToday": _("Finished today"),
        "needsAcceptance": _("Counts as reported until somebody else accepts it."),
        "forecast": _("Now expected on"),
        "delayReason": _("Reason for the delay"),
        "delayNote": _("Explanation of the delay"),
        "laterThanPromised": _("Later than promised (%(day)s): say why."),
        "choose": _("Choose"),
        "note": _("Note on this stage"),
        "takeOver": _("Into the report"),
        "leave": _("Cancel"),
        "wrongFuture": _("This is a fact, so it cannot lie in the future; use the forecast."),
        "wrongOrder": _("A milestone cannot be met before it was started."),
        "wrongComplete": _("100 percent means that it is met: give the actual date."),
        "wrongPercent": _("A percentage from 0 to 100."),
        "wrongReason": _("%(day)s was promised: a later forecast needs the reason for the delay."),
        "wrongNote": _("An explanation of a delay needs its reason."),
    }


def _report() -> dict[str, str]:
    return {
        "report": _("Report from the site"),
        "correction": _("Correct the report"),
        "text": _("Physical progress"),
        "textHint": _("One sentence, like: main structure, third floor poured."),
        "problems": _("Problems"),
        "next_step": _("Next step"),
        "reportsOn": _("Stages in this report: %(stages)s"),
        "photos": _("Photos"),
        "photo": _("Photo of this report"),
        "takePhoto": _("Take a photo"),
        "choosePhotos": _("Choose photos"),
        "removePhoto": _("Remove the photo"),
        "noPreview": _("kept, without a preview"),
        "noPhoto": _("Only JPEG, PNG, WebP and HEIC pictures can be sent."),
        "photoFailed": _("This picture could not be kept. Try another one."),
        "photosNeedWords": _("Say in a sentence what the photos show, or name a stage."),
        "addPosition": _("Add my position"),
        "askingPosition": _("Looking for the position"),
        "positionAdded": _("The position is in the report."),
        "positionKept": _("Position %(lat)s, %(lon)s, within %(n)s m"),
        "fromRecord": _("%(distance)s from where the site is recorded"),
        "siteElsewhere": _("The site is recorded in the wrong place"),
        "siteElsewhereText": _(
            "The site is not where it is recorded but here: %(lat)s, %(lon)s (WGS84, within %(n)s m), %(distance)s away."
        ),
        "removePosition": _("Remove the position"),
        "noPosition": _("The position could not be found. Go into the open, or allow it in the phone's settings."),
        "handIn": _("Send the report"),
        "handedIn": _("The report is on its way."),
        "handedInOffline": _("Kept. It is sent when the connection is back."),
        "saysNothing": _("The report says nothing: name a stage, or write what was done."),
        "discard": _("Discard"),
        "discardSure": _("Throw away what you wrote here?"),
        "refusedMend": _("The server refused this report. Mend it and send it again:"),
        "refusedWhy": _("The server gave no reason."),
        "datesMeant": _("These dates are meant as they stand"),
        "reason": _("Reason"),
    }


def _queue() -> dict[str, str]:
    return {
        "needsYou": _("Needs you"),
        "drafts": _("Begun"),
        "waitingTitle": _("Waiting to be sent"),
        "arrivedTitle": _("Arrived"),
        "noReports": _("No report yet."),
        "state_draft": _("being written"),
        "state_waiting": _("waiting"),
        "state_sending": _("sending"),
        "state_sent": _("sent, waiting for review"),
        "state_accepted": pgettext("report", "accepted"),
        "state_returned": _("returned"),
        "state_conflict": _("conflict"),
        "state_refused": _("refused"),
        "state_settled": _("settled"),
        "state_corrected": _("corrected"),
        "taken": _(
            "This site is no longer yours, so the report could not be entered. It stays here; speak with the bureau."
        ),
        "returnedWhy": _("Returned by %(name)s: %(note)s"),
        "mend": _("Mend and send again"),
        "correct": _("Correct"),
        "look": _("Look at both sides"),
        "goOn": _("Go on writing"),
        "begunFirst": _("You have begun another report on this site: send or discard it first."),
        "throwAway": _("Throw away"),
        "throwAwaySure": _("Throw this report away, with its photos? It cannot be brought back."),
        "photosSent": _("Photos: %(there)s of %(n)s sent in full"),
        "photosLeft": _("%(n)s photos are on their way."),
        "photosLeft_one": _("One photo is on its way."),
        "photosLeftSlow": _("%(n)s photos: the full pictures wait for a better network."),
        "photosLeftSlow_one": _("One photo: the full picture waits for a better network."),
        "sendPhotosNow": _("Send the photos now"),
        "photoRefused": _("A photo was refused: %(why)s"),
        "givenUp": _("left to the other side"),
    }


def _conflict() -> dict[str, str]:
    return {
        "conflictTitle": _("Two of you wrote"),
        "conflictWhy": _(
            "Somebody else changed this before your report came. Choose for each field which is to stand."
        ),
        "theirsBy": _("The other side: %(name)s, %(time)s"),
        "mine": _("Mine"),
        "theirs": _("Theirs"),
        "allMine": _("All mine"),
        "allTheirs": _("All theirs"),
        "chooseEach": _("Choose a side for each field."),
        "settle": _("Settle it so"),
        "choiceWaits": _("Your choice is waiting to be sent."),
        "follows": _("Follows from the rest. Mine: %(mine)s. Theirs: %(theirs)s."),
        "nothingHere": _("Nothing to settle here"),
        "field_started": _("Started on"),
        "field_actual": _("Finished on"),
        "field_percent": _("Percent"),
        "field_forecast": _("Forecast"),
        "field_delay_reason": _("Reason for the delay"),
        "field_delay_note": _("Explanation of the delay"),
        "field_note": _("Note"),
        "field_state": _("State"),
    }


def _mending() -> dict[str, str]:
    return {
        "findings": _("Findings"),
        "findingsOpen": _("%(n)s findings to be mended"),
        "findingsOpen_one": _("One finding to be mended"),
        "findingsSerious": _("%(n)s serious"),
        "findingNumber": _("Finding %(n)s"),
        "mendUntil": _("to be mended by %(day)s"),
        "mendOverdue": _("overdue: to be mended by %(day)s"),
        "mendTitle": _("It is mended"),
        "mendText": _("How it was mended"),
        "mendOn": _("Mended on"),
        "mendSend": _("Report it as mended"),
        "mendSaysNothing": _("Say how it was mended."),
        "mendedWaits": _("What you wrote is waiting to be sent."),
        "mendedFinding": _("Finding %(n)s mended:"),
        "findingChanged": _(
            "This finding changed after you had looked at it: somebody else mended it, or it was opened again. Look at it anew."
        ),
        "reopenedWhy": _("Opened again: %(note)s"),
        "noSuchFinding": _("This finding is not on the list"),
        "noSuchFindingWhy": _("It is struck off, or the site is not yours any more."),
        "state_reopened": _("to be mended again"),
    }
