"""How does a spotlight become what the API answers? Field by field; what listing hides is hidden before it comes here."""

from __future__ import annotations

from coordinator.api import shapes_mirror as shapes
from coordinator.api.describe import show_seen
from coordinator.api.shapes import SeenGroup
from coordinator.domain.listing import Seen
from coordinator.domain.translation import Label, Rendering, Shown, Source, label_of
from coordinator.services.whole_spotlights import SeenRendering, WholeEcho, WholeSpotlight


def show_spotlight(whole: WholeSpotlight) -> shapes.SpotlightShown:
    """A spotlight as its reader may see it."""
    view, brought = whole.view, whole.view.brought
    return shapes.SpotlightShown(
        slug=view.slug,
        state=view.state,
        audience=view.audience,
        revision=view.revision,
        edition=view.edition,
        quarter=view.quarter or None,
        published_at=view.published_at,
        retired_at=view.retired_at,
        expires_at=view.expires_at,
        over=view.over,
        teller=_show_seen(view.teller),
        brought=None if brought is None else shapes.Brought(brought.name, brought.place, brought.zone_id),
        label=_show_label(view.shown, view.source),
        language=view.shown.language,
        sections=_show_sections(view.shown),
        source_hash=view.source.hash,
        languages=[shapes.Readable(language, _show_label(shown, view.source)) for language, shown in whole.languages.items()],
        links=[shapes.WebLink(link.words, link.url) for link in view.links],
        may_leave=view.may_leave if view.own else None,
        echoes=[_show_echo(echo) for echo in whole.echoes],
    )


def show_translations(source: Source, found: list[SeenRendering]) -> shapes.Translations:
    """Every translation beside its original."""
    return shapes.Translations(source.language, source.hash, [show_translation(source, one) for one in found])


def show_translation(source: Source, found: SeenRendering) -> shapes.TranslationShown:
    """One translation."""
    made = found.rendering
    return shapes.TranslationShown(
        translation=made.id,
        language=made.language,
        origin=made.origin,
        label=_say(label_of(made, source), source, made),
        current=made.is_current(source),
        source_hash=made.source_hash,
        group=_show_seen(found.group),
        created_at=made.created_at,
        signed_by=_show_seen(found.signed_by),
        signed_at=made.signed_at,
        sections=[shapes.TranslatedSection(section.key, section.source_hash, section.words) for section in made.sections],
    )


def _show_echo(echo: WholeEcho) -> shapes.EchoShown:
    view = echo.view
    return shapes.EchoShown(
        echo=view.id,
        group=_show_seen(view.answerer),
        label=_show_label(view.shown, view.source),
        language=view.shown.language,
        sections=_show_sections(view.shown),
        action=echo.action,
        quarter=view.quarter,
        published_at=view.published_at,
        revision=view.revision,
    )


def _show_label(shown: Shown, source: Source) -> shapes.LabelShown:
    return _say(shown.label, source, shown.rendering)


def _say(label: Label, source: Source, made: Rendering | None) -> shapes.LabelShown:
    if made is None:
        return shapes.LabelShown(label, source.language, None, None, signed=False)
    return shapes.LabelShown(label, source.language, made.via or None, made.engine or None, made.is_signed)


def _show_sections(shown: Shown) -> list[shapes.SectionShown]:
    return [shapes.SectionShown(piece.key, piece.words, piece.language, piece.changed) for piece in shown.pieces]


def _show_seen(seen: Seen | None) -> SeenGroup | None:
    return None if seen is None else show_seen(seen)
