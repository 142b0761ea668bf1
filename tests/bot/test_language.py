import pytest

from bot.language import language_of


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("write a landing page for our dental clinic", "en"),
        ("schreib mir bitte einen Text für unsere Startseite", "de"),
        ("necesito un texto para la página de inicio", "es"),
        ("il me faut un texte pour notre page d'accueil", "fr"),
        ("preciso de um texto para a nossa página inicial", "pt"),
        ("हमारी वेबसाइट के लिए टेक्स्ट लिखो", "hi"),
        ("website ke liye text likh do yaar", "hinglish"),
        ("log mail khol hi nahi rahe kya karu", "hinglish"),
        ("hero", ""),
        ("", ""),
        ("\U0001f600 123 \x00\ud800", ""),
    ],
)
def test_a_message_tells_its_language(text: str, code: str) -> None:
    assert language_of(text) == code


def test_english_with_a_hindi_brand_is_english() -> None:
    assert language_of("write an ad for our shop Apni Dukaan in Pune") == "en"
