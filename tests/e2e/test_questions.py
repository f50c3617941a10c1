"""What stands around questions and answers: openers, suggestions, versions, ratings, errors."""

import re

from playwright.sync_api import Page, expect

from tests.e2e.apps import CHAT, GUIDE
from tests.e2e.chat import open_chat
from tests.e2e.site import Site
from tests.e2e.witness import LEFT, Witness

FOLLOW_UPS = '["How wide is it?", "Who built it?", "Is it loud?"]'
RATED = re.compile("/feedbacks$")


def test_the_opener_and_suggested_questions_begin_a_conversation(site: Site, page: Page) -> None:
    site.model.reply_when("end of a conversation", FOLLOW_UPS)
    chat = open_chat(page, site.page_of(GUIDE))
    expect(page.get_by_role("main")).to_contain_text("Welcome to weaving.")
    craft = page.get_by_label("Your craft")
    craft.press("ControlOrMeta+a")
    craft.press_sequentially("knitting")
    expect(page.get_by_role("main")).to_contain_text("Welcome to knitting.")
    suggested = page.get_by_role("list", name="Suggested questions").get_by_role("button")
    expect(suggested).to_have_text(["What is a loom?", "What is a shuttle?"])
    suggested.first.click()
    chat.expect_answer("You said: What is a loom?")
    expect(suggested).to_have_count(0)
    expect(page.get_by_role("main")).to_contain_text("Welcome to knitting.")
    followed = page.get_by_role("list", name="Follow-up questions").get_by_role("button")
    expect(followed).to_have_text(["How wide is it?", "Who built it?", "Is it loud?"])
    followed.nth(1).click()
    chat.expect_answer("You said: Who built it?")
    expect(chat.questions).to_have_count(2)


def test_an_answer_is_given_again_and_both_stay(site: Site, page: Page, witness: Witness) -> None:
    witness.expect(LEFT)
    chat = open_chat(page, site.page_of(CHAT))
    site.model.answer("Pick a colour", "Madder red")
    chat.ask("Pick a colour")
    chat.expect_answer("Madder red")
    site.model.answer("Pick a colour", "Weld yellow")
    chat.answer.get_by_role("button", name="Answer again").click()
    chat.expect_answer("Weld yellow")
    versions = chat.answer.get_by_role("group", name="Versions of the answer")
    expect(versions).to_have_text("2/2")
    versions.get_by_role("button", name="Previous answer").click()
    expect(versions).to_have_text("1/2")
    expect(chat.answer).to_contain_text("Madder red")
    chat.ask("Why that one?")
    chat.expect_answer("You said: Why that one?")
    page.reload()
    expect(chat.answers.first).to_contain_text("Madder red")
    expect(chat.answers).to_have_count(2)
    chat.answers.first.get_by_role("button", name="Next answer").click()
    expect(chat.answer).to_contain_text("Weld yellow")
    expect(chat.answers).to_have_count(1)


def test_a_question_is_edited_and_asked_anew(site: Site, page: Page) -> None:
    chat = open_chat(page, site.page_of(CHAT))
    chat.ask("How manny threads?")
    chat.expect_answer("You said: How manny threads?")
    question = chat.messages.get_by_role("article").last
    question.hover()
    question.get_by_role("button", name="Edit the question").click()
    editor = question.get_by_role("textbox", name="Edit the question")
    expect(editor).to_be_focused()
    editor.press("ControlOrMeta+a")
    editor.press_sequentially("How many threads?")
    question.get_by_role("button", name="Send").click()
    chat.expect_answer("You said: How many threads?")
    expect(chat.answer.get_by_role("group", name="Versions of the answer")).to_have_text("2/2")


def test_an_answer_is_liked_and_disliked_with_a_reason(site: Site, page: Page) -> None:
    chat = open_chat(page, site.page_of(CHAT))
    with page.expect_response(re.compile("/name$")):
        chat.ask("Rate me")
    chat.expect_answer("You said: Rate me")
    like = chat.answer.get_by_role("button", name="Good answer")
    with page.expect_response(RATED):
        like.click()
    expect(like).to_have_attribute("aria-pressed", "true")
    like.click()
    page.get_by_label("What was good?").fill("Short")
    with page.expect_response(RATED) as praised:
        page.get_by_role("dialog").get_by_role("button", name="Send").click()
    assert praised.value.request.post_data_json == {"rating": "like", "content": "Short"}
    page.keyboard.press("Escape")
    expect(like).to_be_focused()
    page.reload()
    expect(like).to_have_attribute("aria-pressed", "true")
    with page.expect_response(RATED):
        chat.answer.get_by_role("button", name="Bad answer").click()
    expect(like).to_have_attribute("aria-pressed", "false")
    chat.answer.get_by_role("button", name="Bad answer: say why").click()
    page.get_by_label("What was wrong?").press_sequentially("Too short")
    with page.expect_response(RATED):
        page.get_by_role("dialog").get_by_role("button", name="Send").click()
    expect(page.get_by_text("Thank you. Your reason was sent.")).to_be_visible()
    page.keyboard.press("Escape")
    page.reload()
    chat.answer.get_by_role("button", name="Bad answer: say why").click()
    page.get_by_role("button", name="Withdraw").click()
    expect(chat.answer.get_by_role("button", name="Bad answer", exact=True)).to_be_visible()


def test_an_error_of_the_model_stands_in_place_and_can_be_tried_again(site: Site, page: Page) -> None:
    site.model.refuse("Weave me a rug")
    chat = open_chat(page, site.page_of(CHAT))
    chat.ask("Weave me a rug")
    alert = chat.answer.get_by_role("alert")
    expect(alert).to_contain_text("The shuttle is stuck.")
    expect(chat.messages).to_contain_text("Weave me a rug")
    alert.get_by_role("button", name="Try again").click()
    chat.expect_answer("You said: Weave me a rug")
    expect(chat.messages.get_by_role("alert")).to_have_count(0)


def test_an_error_is_still_told_after_a_reload(site: Site, page: Page, witness: Witness) -> None:
    witness.expect(LEFT)
    site.model.refuse("Weave me a curtain")
    chat = open_chat(page, site.page_of(CHAT))
    chat.ask("Weave me a curtain")
    expect(chat.answer.get_by_role("alert")).to_be_visible()
    page.reload()
    expect(chat.answer.get_by_role("alert")).to_contain_text("The shuttle is stuck.")


def test_shift_enter_breaks_the_line(site: Site, page: Page) -> None:
    chat = open_chat(page, site.page_of(CHAT))
    expect(chat.composer).to_be_focused()
    expect(chat.send).to_be_disabled()
    chat.write("First")
    page.keyboard.press("Shift+Enter")
    chat.composer.press_sequentially("second")
    expect(chat.composer).to_have_value("First\nsecond")
    chat.send.click()
    expect(chat.answer).to_contain_text("You said: First\nsecond", use_inner_text=True)
