"""The page in a real browser: what a newcomer, a moderator and an editor do with it."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Locator, Page, expect
from pypdf import PdfReader

from tests.shipped import CHANGED, FORMS, change_forms

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.long]

REMINDER = "Please discuss with your specialist"
CREDIT = "May be reproduced with source credit."
VIEWS = {
    "try": "/",
    "document": "/document",
    "section": "/document?only=forms",
    "why": "/why?q=does+it+help+with+inflammation",
    "crisis": "/why?q=i+want+to+kill+myself",
    "cards": "/cards",
    "card": "/cards?only=forms",
}
SCREENSHOTS = os.environ.get("LDN_SCREENSHOTS")
"""A folder to keep pictures of the main views in; the README shows them."""

expect.set_options(timeout=20_000)


async def ask(page: Page, question: str) -> None:
    await page.get_by_label("Type as a member would").fill(question)
    await page.keyboard.press("Enter")


def message(page: Page, platform: str) -> Locator:
    return page.get_by_role("group", name=f"Message on {platform}")


def channel(page: Page, platform: str) -> Locator:
    return page.get_by_role("region", name=f"would see on {platform}")


async def press(page: Page, platform: str, label: str) -> None:
    await message(page, platform).get_by_role("button", name=label, exact=True).click()


async def share(page: Page, platform: str) -> None:
    await press(page, platform, "Share in this channel")
    await expect(message(page, platform)).to_contain_text("Preview.")
    await press(page, platform, "Post")


async def test_a_question_is_answered_as_both_platforms_would_show_it(page: Page) -> None:
    await ask(page, "is it tablets or drops?")
    for platform in ("Slack", "Discord"):
        shown = message(page, platform)
        await expect(shown.get_by_role("heading")).to_have_text(
            "How LDN is delivered (capsule, under the tongue, injection)"
        )
        await expect(shown).to_contain_text(FORMS)
        await expect(shown).to_contain_text(REMINDER)
        await expect(shown).to_contain_text(CREDIT)
        await expect(shown).to_contain_text("Only you can see this")
    await expect(page.get_by_label("Type as a member would")).to_be_focused()


async def test_the_slash_command_may_be_typed_too(page: Page) -> None:
    await ask(page, "/ldn forms")
    await expect(message(page, "Discord")).to_contain_text(FORMS)


async def test_a_button_leads_to_a_part_on_its_own_platform_alone(page: Page) -> None:
    await ask(page, "how does it work")
    whole = "How LDN is thought to work in CRPS"
    await expect(message(page, "Slack").get_by_role("heading")).to_have_text(whole)
    menu = message(page, "Slack").get_by_role("combobox", name="Choose a topic to read")
    await menu.select_option(label="Anti-inflammatory effects")
    await message(page, "Slack").get_by_role("button", name="Show what is chosen").click()
    await expect(message(page, "Slack").get_by_role("heading")).to_have_text(
        "Anti-inflammatory effects"
    )
    await expect(message(page, "Slack")).to_be_focused()
    await expect(message(page, "Discord").get_by_role("heading")).to_have_text(whole)
    await press(page, "Slack", "Next: Neuroprotection (nerve damage, demyelination)")
    await expect(message(page, "Slack").get_by_role("heading")).to_contain_text("Neuroprotection")


@pytest.mark.parametrize("platform", ["Slack", "Discord"])
async def test_a_shared_answer_stands_in_the_pretend_channel(page: Page, platform: str) -> None:
    await ask(page, "forms")
    await share(page, platform)
    await expect(message(page, platform)).to_contain_text("Posted.")
    post = channel(page, platform).get_by_role("article")
    await expect(post).to_have_count(1)
    for words in (FORMS, REMINDER, CREDIT):
        await expect(post).to_contain_text(words)
    await expect(post).not_to_contain_text("Only you can see this")
    await message(page, platform).get_by_role("link", name="Open the post").click()
    await expect(page).to_have_url(f"{page.url.partition('#')[0]}#post-{platform.lower()}-1")
    other = "Discord" if platform == "Slack" else "Slack"
    await expect(channel(page, other)).to_contain_text("Nothing is posted here yet.")


async def test_a_member_sees_no_pin_and_a_moderator_pins(page: Page) -> None:
    await ask(page, "forms")
    pin = message(page, "Discord").get_by_role("button", name="Pin in this channel")
    await expect(pin).to_have_count(0)
    await page.get_by_label("moderator", exact=True).check()
    await pin.click()
    await press(page, "Discord", "Post and pin")
    await expect(message(page, "Discord")).to_contain_text("Posted and pinned.")
    await expect(channel(page, "Discord").get_by_role("article")).to_contain_text("Pinned")
    await ask(page, "/ldn-mod pins")
    await expect(message(page, "Discord")).to_contain_text("current, pinned")
    await ask(page, "/ldn-mod unpin forms")
    await expect(message(page, "Discord")).to_contain_text("Unpinned.")
    await expect(channel(page, "Discord").get_by_role("article")).not_to_contain_text("Pinned")


async def test_answers_follow_the_switches(page: Page) -> None:
    await ask(page, "forms")
    await page.get_by_label("Language").select_option("de")
    await expect(message(page, "Slack")).to_contain_text("Alle Themen")
    await expect(message(page, "Slack")).to_contain_text(FORMS)
    await expect(message(page, "Slack").get_by_role("heading")).to_have_count(1)
    await page.get_by_label("plain answers").check()
    await expect(message(page, "Slack").get_by_role("heading")).to_have_count(0)
    await expect(message(page, "Slack")).to_contain_text(FORMS)


async def test_the_switches_go_on_working_after_an_answer(page: Page) -> None:
    await ask(page, "/ldn-mod settings plain=on")
    await expect(message(page, "Slack")).to_contain_text("moderators")
    await page.get_by_label("moderator", exact=True).check()
    await ask(page, "/ldn-mod settings plain=on")
    await expect(page.get_by_label("plain answers")).to_be_checked()
    await ask(page, "forms")
    await expect(message(page, "Slack")).to_contain_text(FORMS)
    await expect(message(page, "Slack").get_by_role("heading")).to_have_count(0)
    await page.get_by_label("plain answers").uncheck()
    await expect(message(page, "Slack").get_by_role("heading")).to_have_count(1)
    pin = message(page, "Slack").get_by_role("button", name="Pin in this channel")
    await expect(pin).to_have_count(1)
    await page.get_by_label("member", exact=True).check()
    await expect(pin).to_have_count(0)


async def test_the_payload_is_a_click_away_and_ready_for_slacks_builder(page: Page) -> None:
    await ask(page, "forms")
    await expect(message(page, "Slack")).to_contain_text(FORMS)
    await message(page, "Slack").get_by_text("Payload").click()
    await expect(message(page, "Slack").get_by_role("region")).to_contain_text('"blocks": [')
    builder = message(page, "Slack").get_by_role("link", name="Block Kit Builder")
    href = await builder.get_attribute("href")
    assert href is not None
    assert href.startswith("https://app.slack.com/block-kit-builder/#%7B%22blocks%22")
    await expect(message(page, "Discord").get_by_role("link", name="Builder")).to_have_count(0)


async def test_a_script_in_a_question_is_shown_as_text(page: Page) -> None:
    await ask(page, '"><script>document.title = "owned"</script><img src=x onerror=alert(1)>')
    await expect(message(page, "Slack")).to_contain_text(REMINDER)
    assert await page.locator("main script, main img").count() == 0
    assert await page.title() == "Try it · ldn-bot"


async def test_what_is_saved_is_seen_and_posts_follow(page: Page, documents: Path) -> None:
    await ask(page, "forms")
    await share(page, "Slack")
    await press(page, "Slack", "Back to the answer")
    await expect(message(page, "Slack")).to_contain_text(FORMS)
    change_forms(documents)
    for platform in ("Slack", "Discord"):
        await expect(message(page, platform)).to_contain_text(CHANGED)
    post = channel(page, "Slack").get_by_role("article")
    await expect(post).to_contain_text(CHANGED)
    await expect(post).to_contain_text("edited")


async def test_a_broken_file_is_told_and_the_last_good_one_serves_on(
    page: Page, documents: Path
) -> None:
    path = documents / "ldn.yaml"
    good = path.read_text(encoding="utf-8")
    path.write_text(good.replace("capsule, sublingual", "capsule or pill"), encoding="utf-8")
    line = next(n for n, text in enumerate(good.splitlines(), 1) if "id: forms" in text) + 2
    told = page.locator("#news")
    await expect(told).to_contain_text(f"ldn.yaml:{line}")
    await expect(told).to_contain_text("these words are not in the article.")
    await expect(told).to_contain_text("The last good ones are still shown.")
    assert_clean(await Axe().run(page))
    await ask(page, "forms")
    await expect(message(page, "Slack")).to_contain_text(FORMS)
    path.write_text(good, encoding="utf-8")
    await expect(told).not_to_contain_text("faults")


async def test_an_editor_sees_the_document_follow_what_is_saved(
    page: Page, address: str, documents: Path
) -> None:
    await page.goto(f"{address}document")
    main = page.get_by_role("main")
    await expect(main).to_contain_text("Every sentence of the article stands in a section.")
    section = page.get_by_role("region", name="How LDN is delivered")
    await expect(section).to_contain_text(FORMS)
    await expect(section).to_contain_text("of 2000")
    await expect(section).to_contain_text("how is it taken")
    await expect(section).to_contain_text("is it tablets or drops?")
    change_forms(documents)
    await expect(section).to_contain_text(CHANGED)


async def test_an_editor_sees_why_a_question_went_where_it_went(page: Page, address: str) -> None:
    await page.goto(f"{address}document?only=forms")
    await page.get_by_role("link", name="is it tablets or drops?").click()
    main = page.get_by_role("main")
    await expect(main).to_contain_text("The answer: How LDN is delivered")
    await expect(main).to_contain_text("answer (taken)")
    await expect(main).to_contain_text("Answered with a wrong section")


async def test_a_moderator_copies_a_card_as_plain_text(page: Page, address: str) -> None:
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await page.goto(f"{address}cards?only=forms")
    await page.get_by_role("button", name="as plain text").click()
    await expect(page.locator("#said")).to_contain_text("Copied: How LDN is delivered")
    copied = await page.evaluate("navigator.clipboard.readText()")
    assert FORMS in copied
    assert REMINDER in copied
    assert CREDIT in copied


@pytest.mark.parametrize("paper", ["A4", "A5", "Letter"])
async def test_reminder_and_credit_are_on_every_printed_page(
    page: Page, address: str, paper: str
) -> None:
    await page.goto(f"{address}cards")
    printed = PdfReader(io.BytesIO(await page.pdf(format=paper)))
    assert len(printed.pages) >= 19
    for sheet in printed.pages:
        text = " ".join(sheet.extract_text().split())
        assert text.endswith(CREDIT)
        assert REMINDER in text
        assert "Copy" not in text


async def test_the_keyboard_alone_is_enough(page: Page) -> None:
    await expect(page.get_by_label("Type as a member would")).to_be_focused()
    await page.keyboard.type("forms")
    await page.keyboard.press("Enter")
    await expect(message(page, "Slack")).to_contain_text(FORMS)
    share_it = message(page, "Slack").get_by_role("button", name="Share in this channel")
    for _ in range(40):
        await page.keyboard.press("Tab")
        if await share_it.evaluate("button => button === document.activeElement"):
            break
    await expect(share_it).to_be_focused()
    outline = await share_it.evaluate("button => getComputedStyle(button).outlineStyle")
    assert outline == "solid"
    await page.keyboard.press("Enter")
    await expect(message(page, "Slack")).to_contain_text("Preview.")
    await expect(message(page, "Slack")).to_be_focused()


async def test_everything_works_without_scripts(browser: Browser, address: str) -> None:
    context = await browser.new_context(java_script_enabled=False)
    page = await context.new_page()
    await page.goto(address)
    await ask(page, "forms")
    await expect(message(page, "Discord")).to_contain_text(FORMS)
    await share(page, "Slack")
    await expect(channel(page, "Slack").get_by_role("article")).to_contain_text(FORMS)
    await expect(message(page, "Discord")).to_contain_text(FORMS)
    await context.close()


async def test_the_choice_of_dark_comes_along_and_is_stored_nowhere(page: Page) -> None:
    await page.get_by_role("link", name="Dark").click()
    await page.get_by_role("link", name="Document").click()
    await expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    stored = "document.cookie.length + localStorage.length + sessionStorage.length"
    assert await page.evaluate(stored) == 0


def assert_clean(found: object) -> None:
    results = found.response  # type: ignore[attr-defined]
    told = [
        (each["id"], [node["target"] for node in each["nodes"]]) for each in results["violations"]
    ]
    assert told == []
    assert len(results["passes"]) > 10


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_no_violation_on_any_view(
    browser: Browser, address: str, scheme: str
) -> None:
    context = await browser.new_context(reduced_motion="reduce")
    page = await context.new_page()
    for view in VIEWS.values():
        await page.goto(f"{address.rstrip('/')}{view}{'&' if '?' in view else '?'}theme={scheme}")
        if view == "/":
            await ask(page, "is it tablets or drops?")
            await share(page, "Discord")
            await expect(channel(page, "Discord").get_by_role("article")).to_have_count(1)
        for details in await page.locator("details").all():
            await details.evaluate("details => { details.open = true }")
        assert_clean(await Axe().run(page))
    await context.close()


@pytest.mark.parametrize("width", [320, 590])
async def test_no_view_scrolls_sideways_on_a_phone_or_at_200_percent(
    browser: Browser, address: str, width: int
) -> None:
    # At 200 %, a window of 1180 pixels has room for 590 of the page's own.
    context = await browser.new_context(viewport={"width": width, "height": 640})
    page = await context.new_page()
    for view in VIEWS.values():
        await page.goto(address.rstrip("/") + view)
        assert await page.evaluate("document.documentElement.scrollWidth") <= width
    await context.close()


async def test_pictures_of_the_main_views_are_small(
    browser: Browser, shipped_address: str, tmp_path: Path
) -> None:
    folder = Path(SCREENSHOTS or tmp_path)
    page = await browser.new_page(viewport={"width": 1000, "height": 720}, color_scheme="light")
    await page.goto(shipped_address)
    await ask(page, "is it tablets or drops?")
    await expect(message(page, "Discord")).to_contain_text(FORMS)
    await page.get_by_role("heading", level=1).click()
    await page.screenshot(path=folder / "preview-try.png")
    views = {"document": "document", "why": "why?q=is+it+a+cure+for+everyone", "cards": "cards"}
    for name, view in views.items():
        await page.goto(shipped_address + view)
        await page.evaluate("document.activeElement.blur()")
        await page.screenshot(path=folder / f"preview-{name}.png")
    pictures = [folder / f"preview-{name}.png" for name in ("try", *views)]
    assert all(10_000 < picture.stat().st_size < 150_000 for picture in pictures)
    await page.close()
