"""The words of the script with which a place is drawn (``mapviews/static/mapviews/edit.js``, ``draft.js``)."""

from __future__ import annotations

from django.utils.translation import gettext as _


def place_words() -> dict[str, str]:
    """By the names of the script; ``…_one`` for exactly one, ``%(name)s`` is filled in by the browser."""
    return {
        "whatToDraw": _("What to draw"),
        "drawing": _("Drawing"),
        "steps": _("Undo and redo"),
        "modeSite": _("Move the site"),
        "modeOutline": _("Draw the outline"),
        "here": _("Use my position"),
        "middle": _("To the middle of the map"),
        "addCorner": _("Add a corner"),
        "dropCorner": _("Delete the corner"),
        "dropOutline": _("Remove the outline"),
        "stepBack": _("Undo"),
        "stepAgain": _("Redo"),
        "hintSite": _("Drag the pin, press on the map, or move the pin with the arrow keys (Shift: ten times as far)."),
        "hintOutline": _(
            "Press on the map to add corners; drag them to move them. With the keyboard: Tab to a corner, arrow keys to move, "
            "Delete to remove it."
        ),
        "hintMany": _("The outline has %(n)s corners: it is edited in the list of corners."),
        "siteHandle": _("The site. Arrow keys move it."),
        "cornerHandle": _("Corner %(at)s of %(n)s. Arrow keys move it, Delete removes it."),
        "newCorner": _("New corner"),
        "siteStays": _("The site stays where it is recorded."),
        "siteMoves": _("The site moves %(distance)s."),
        "siteNew": _("The site is new on the map."),
        "siteGone": _("The site is taken off the map."),
        "siteNone": _("The site is not on the map yet."),
        "siteUnread": _("Where the site would lie is not decided yet."),
        "outlineFacts": _("Outline: %(n)s corners, %(area)s."),
        "outlineFacts_one": _("Outline: %(n)s corner, %(area)s."),
        "outlineNone": _("No outline is drawn."),
        "outlineGone": _("The outline is removed."),
        "outlineUnread": _("The outline cannot be read yet."),
        "fromRecorded": _("%(distance)s from the recorded place"),
        "take": _("Take this one"),
        "taken": _("taken"),
        "notRead": _("What you typed is still there."),
        "hereFound": _("The position of this device, give or take %(n)s m. Look whether it is the site."),
        "layerRecorded": _("As recorded"),
        "layerDraft": _("As drawn"),
    }
