"""What is said to "What was off?": as people say it, in three languages."""

import time
from dataclasses import replace
from pathlib import Path

import pytest

from agent.catalog.skillfile import load_all
from bot.reasons import Told, is_left, told
from bot.router import Router, rule

REASONS = """
too stiff
The tone is too formal
way too long
no proof
you invented the price
it sounds like a bank from 1987
the headline is boring
sounds like AI
reads like a press release
too much jargon
not our voice
wrong audience
I don't like the tone
the call to action is missing
there's no call to action
nobody talks like that
we never say "leverage"
it doesn't mention the price
you forgot the subject line
the email is too pushy
cliché
generic
boring opening
stiff and cold
not enough detail
we don't sell to hospitals
the pricing page copy is full of buzzwords
that's not what I asked for
hallucinated customer quotes
meh
the social posts all sound the same
I asked for three subject lines and got one
could be from anybody
"revolutionary" is banned here
I miss a concrete example
because it's too long
The facts are wrong, we have 40 clinics, not 400
it needs more proof
weak headline, no CTA, too many adjectives
our competitors sound exactly the same
brand voice is off
the offer is unclear
zu steif
viel zu lang
Der Ton ist zu förmlich
klingt nach Werbung
der Preis ist erfunden
es fehlt ein Beweis
wir duzen unsere Kunden
das haben wir nie gesagt
langweilig
demasiado formal
muy largo
el tono es demasiado serio
suena a robot
te inventaste el precio
falta una prueba
no es nuestro estilo
honestly it just feels robotic
We don't have a free trial!
no mention of the discount code
The second paragraph makes no sense
nothing about our new office
kinda cringe
it's giving linkedin influencer
this is a blog post, I wanted an email
our customers are dentists, not doctors
numbers are made up
email subject lines are clickbait
landing page copy reads like a 2005 brochure
too many emojis
you ignored my brief
the CTA is buried
same as last time
price is 49 not 59
lol no
hard to read
I would never send this
sounds translated
doesn't sound like us
spelling mistakes everywhere
you used "unlock" again
competitor names must not appear
legal won't approve "guaranteed"
SEO keywords are stuffed in
press release has no quote from the CEO
the social posts are too long for twitter
Das klingt total nach KI
wir sind per Sie mit den Kunden
die Zahlen stimmen nicht
zu viele Ausrufezeichen
falsche Zielgruppe
die Betreffzeile ist zu lang
Zu werblich
der Newsletter ist viel zu lang
no suena natural
los datos están mal
parece traducido
no menciona el descuento
es muy aburrido
el asunto del correo es demasiado largo
not so formal
""".strip().splitlines()

WISHES = """
make it shorter
shorter
shorter please
in German
another take
make the headline a question
add a call to action
rewrite the opening
try again
can you make it punchier?
kürzer bitte
mach es kürzer
hazlo más corto
más corto, por favor
auf Deutsch
tone it down
shorten it please
make the intro shorter
give me another version
Another version please, with a question as headline
translate to German
mach es bitte lockerer
bitte kürzer
hazlo más cálido
cut it in half
""".strip().splitlines()

BOTH = """
make it less stiff
too long, make it shorter
less formal please
it's too stiff, write it warmer
no proof - add a customer quote
less jargon
can you make it less salesy?
weniger steif bitte
menos formal, por favor
zu lang, bitte kürzen
demasiado largo, hazlo más corto
please make the tone less formal
boring, make it funnier
less corporate
too long. cut the second paragraph
make it sound less like AI
please make it less pushy and add a testimonial
zu förmlich, mach es lockerer
zu lang, kürzer bitte
muy formal, hazlo más cercano
remove the fake quote
""".strip().splitlines()

NEITHER = """
write an email sequence for churned customers
write homepage copy for Bolt, a scooter for nurses
draft a press release about our funding
I need a launch plan for spring
how is the weather today?
what can you write?
show my clients
never mind
stop
thanks
ok
who are our competitors?
schreib mir eine E-Mail-Serie für neue Kunden
escribe un correo para clientes nuevos
Kannst du mir Ideen für LinkedIn geben?
can you audit our SEO?
email sequence for trial users
let's do the pricing page next
next: a press release for the launch
please plan our content for March
hello
new client Corvo
what does that cost?
forget it
egal
vergiss es
déjalo
give me ten subject lines for the spring sale
ten subject lines for the spring sale
remember: we never use emojis
now the same for LinkedIn
ok now write the follow-up email
write me a landing page for the same product
can you do a press release about this?
blog strategy for our new product
how do ratings work?
why did you write that?
I want a referral program
Could you also draft a LinkedIn post?
don't worry about it
not important
ist egal
jetzt noch ein Newsletter für Acme
ahora una secuencia de correos para clientes nuevos
was kannst du alles?
qué puedes hacer?
let's move on
moving on
pricing page copy for Bolt
show me the last runs
how much did this cost?
cold email to dentists in Vienna
hi
you're welcome
I'll tell you later
""".strip().splitlines()

LEFT = (
    "never mind|Nevermind.|no|egal|vergiss es|déjalo, gracias|I'll tell you later"
    "|nothing, it's fine"
)


@pytest.fixture(scope="module")
def router() -> Router:
    """The shipped skills' phrases, which alone can outdo an answer."""
    skills, _ = load_all(Path(__file__).parents[2] / "skills")
    # What examples teach takes seconds to learn, and settles nothing here.
    return Router([replace(rule(one), examples=(), near_misses=()) for one in skills])


@pytest.mark.parametrize("text", REASONS)
def test_a_fault_is_the_reason(router: Router, text: str) -> None:
    assert told(text, router.route(text)) == Told(is_reason=True)


@pytest.mark.parametrize("text", WISHES)
def test_what_should_change_is_a_wish(router: Router, text: str) -> None:
    assert told(text, router.route(text)) == Told(is_wish=True)


@pytest.mark.parametrize("text", BOTH)
def test_a_fault_that_should_go_is_both(router: Router, text: str) -> None:
    assert told(text, router.route(text)) == Told(is_reason=True, is_wish=True)


@pytest.mark.parametrize("text", NEITHER)
def test_a_request_a_question_and_thanks_are_no_answer(
    router: Router, text: str
) -> None:
    assert told(text, router.route(text)) == Told()


@pytest.mark.parametrize("text", LEFT.split("|"))
def test_who_would_rather_not_say_is_left_alone(text: str) -> None:
    assert is_left(text)


def test_no_proof_is_an_answer_and_no_refusal_to_give_one() -> None:
    assert not is_left("no proof")
    assert not is_left("nothing about our new office")


@pytest.mark.parametrize("said", ["no ", "too ", "it is ", "stiff and ", "never mind "])
def test_a_long_row_of_such_words_is_read_at_once(router: Router, said: str) -> None:
    text = said * 8000 + "x"
    route = router.route(text)
    began = time.perf_counter()
    told(text, route)
    assert time.perf_counter() - began < 1
