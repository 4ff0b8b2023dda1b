"""Asking a server, many requests at once: time limits, further tries, and what the server refuses learnt."""

from __future__ import annotations

import json
import random
import ssl
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from dataclasses import replace as copy_of
from queue import Empty, SimpleQueue
from threading import BoundedSemaphore, Event, Lock, Thread
from types import TracebackType
from typing import Any, Final, TypeVar

import cv2
import httpx

from docai.backends.endpoint.address import Address
from docai.backends.endpoint.asking import REFUSING, WISHES, Pictures, refused_wish, request_body
from docai.backends.endpoint.failures import Failure, broken, of_status, read_error, unreachable
from docai.backends.endpoint.listening import (
    FINISHES,
    LONGEST_BODY,
    Heard,
    ServerError,
    lines,
    place_tokens,
    remarks,
    without_turn_end,
)
from docai.backends.loops import loops
from docai.backends.speaker import Asked
from docai.dialects import Finish, Said
from docai.document import Engine, Problem, Usage, replace

Got = TypeVar("Got")

LONGEST_ERROR: Final = 64 * 1024  # bytes read of an error
LOOK_EVERY: Final = 256  # characters between two looks for loops; some 64 tokens, and a look takes milliseconds
CHARACTERS_A_TOKEN: Final = 32  # a text of more on average comes from a server that does not keep to the most tokens
MODELS_NAMED: Final = 8  # in a message


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a server is waited for, and how often it is asked again.

    Attributes:
        connect: Seconds for a connection.
        read: Seconds without a byte: before the first, while the server loads a model, queues and reads pictures, and between
            two.
        whole: Seconds for one try.
        tries: The most tries of a request.
        budget: Seconds for all tries of a request and the waits between.
        pause: Seconds before the second try, doubled before each further one.
        longest_pause: The most seconds that these become; a server that asks for a longer one gets it.
        loops: Tells whether a text that is being written goes round in a loop; it then ends there.
    """

    connect: float = 10.0
    read: float = 180.0
    whole: float = 600.0
    tries: int = 4
    budget: float = 900.0
    pause: float = 0.5
    longest_pause: float = 20.0
    loops: Callable[[str], bool] = loops

    def before(self, tries: int) -> float:
        """Return the seconds to wait after so many tries: some by chance, so that those who failed together part.

        Source: "equal jitter", Exponential Backoff And Jitter, M. Brooker, AWS Architecture Blog, 2015.
        """
        most = min(self.longest_pause, self.pause * 2 ** (tries - 1))
        return random.uniform(most / 2, most)  # noqa: S311  # spreads tries, keeps no secret


@dataclass(slots=True)
class _Call:
    """A call of `say`: whether it was left, and the failure that no request of it escapes."""

    left: Event = field(default_factory=Event)
    failure: Failure | None = None


@dataclass(slots=True)
class _Tries:
    """The tries of a request."""

    deadline: float
    count: int = 0
    urls: list[str] | None = None  # of the pictures, which are coded once
    heard: Heard = field(default_factory=Heard)


class EndpointSpeaker:
    """A model behind any server that speaks OpenAI's chat completions: vLLM, SGLang, Ollama, LM Studio, llama.cpp, OpenAI.

    Making one needs no network. The base URL is the one given, else DOCAI_ENDPOINT, else OPENAI_BASE_URL, else
    http://localhost:8000/v1; the key is DOCAI_API_KEY, else OPENAI_API_KEY, and stands in no message. What a server refuses
    (JSON schemas, probabilities of tokens, ...) is done without from then on. Grammars in the Lark syntax are not sent: each
    server has a syntax of its own.

    vLLM, for VARCO, whose boxes stand between special tokens, hence `special_tokens=True`; for Vintern; and for Qwen's:

        vllm serve NCSOFT/VARCO-VISION-14B-HF --max-model-len 16384
        vllm serve 5CD-AI/Vintern-1B-v3_5 --trust-remote-code --max-model-len 8192
        vllm serve Qwen/Qwen2.5-VL-7B-Instruct --max-model-len 32768

        EndpointSpeaker("http://localhost:8000/v1", "NCSOFT/VARCO-VISION-14B-HF", special_tokens=True)
        EndpointSpeaker()  # the only model of a server on this machine

    With SGLang it is `python -m sglang.launch_server --model-path Qwen/Qwen2.5-VL-7B-Instruct --port 8000`. Views of several
    tiles are several pictures, which vLLM must be told of: --limit-mm-per-prompt '{"image": 8}'.

    Ollama, whose context is too short for pages unless it is told otherwise:

        ollama pull qwen2.5vl:7b
        OLLAMA_CONTEXT_LENGTH=16384 ollama serve

        EndpointSpeaker("http://localhost:11434/v1", "qwen2.5vl:7b", batch=1)

    LM Studio:

        lms get qwen2.5-vl-7b-instruct
        lms load qwen2.5-vl-7b-instruct --context-length 16384
        lms server start

        EndpointSpeaker("http://localhost:1234/v1", "qwen2.5-vl-7b-instruct", batch=1)

    These two have no way to ask for special tokens: serve VARCO by vLLM.

    Attributes:
        batch: The most requests at once.
        engine: The backend and the model, whose name is empty before an only model is asked for the first time.
    """

    def __init__(
        self,
        base_url: str | None = None,
        model: str | None = None,
        *,
        special_tokens: bool = False,
        batch: int = 8,
        pictures: Pictures | None = None,
        patience: Patience | None = None,
    ) -> None:
        """Prepare to ask.

        Args:
            model: Its name on the server; may be left out where the server has only one.
            special_tokens: Whether special tokens of the model are part of what it says.

        Raises:
            BackendUnavailable: The base URL or the key cannot be used.
            ValueError: `batch` is below 1.
        """
        if batch < 1:
            raise ValueError(f"a batch of {batch} requests; want at least 1")
        self.batch, self.engine = batch, Engine(backend="endpoint", model=model or "")
        self._address, self._special_tokens = Address(base_url), special_tokens
        self._pictures, self._patience = pictures or Pictures(), patience or Patience()
        self._places, self._lock, self._closed = BoundedSemaphore(batch), Lock(), Event()
        self._met = False  # whether the server has ever answered
        self._given_up: dict[str, int] = {}  # of wishes: how many steps down the server takes them
        self._forms_given_up: dict[str, int] = {}  # the same of the response format, by schema: one may be refused alone
        self._client = httpx.Client(
            headers=self._address.headers(),
            limits=httpx.Limits(max_connections=batch + 1, max_keepalive_connections=batch + 1),
            trust_env=not self._address.local,
            # reading all authorities that certificates may come from takes 50 ms, and nothing here has a certificate
            verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT) if self._address.local and not self._address.secure else True,
        )

    def __repr__(self) -> str:
        return f"EndpointSpeaker({self._address.url!r}, {self.engine.model!r}, batch={self.batch})"

    def __enter__(self) -> EndpointSpeaker:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections; what is under way fails."""
        self._closed.set()
        self._client.close()

    def say(self, asked: Sequence[Asked]) -> list[Said]:
        """Return what the model says, as many and in order, asking `batch` at once; failures are `finish="failed"`.

        A text that came before a failure is kept. Where nobody listens, or the key or the model is refused, requests that have
        not begun fail the same way without being sent.
        """
        call = _Call()
        queue: SimpleQueue[tuple[Future[Said], Asked]] = SimpleQueue()
        futures: list[Future[Said]] = [Future() for _ in asked]
        for future, one in zip(futures, asked, strict=True):
            queue.put((future, one))
        try:
            for _ in range(min(self.batch, len(futures))):  # daemons: who is interrupted need not wait for a server
                Thread(target=self._work, args=(queue, call), name="docai-endpoint", daemon=True).start()
            return [future.result() for future in futures]
        finally:
            call.left.set()

    def _work(self, queue: SimpleQueue[tuple[Future[Said], Asked]], call: _Call) -> None:
        while not call.left.is_set():
            try:
                future, asked = queue.get_nowait()
            except Empty:
                return
            try:
                with self._places:
                    future.set_result(self._answer(asked, call))
            except BaseException as error:  # noqa: BLE001  # not swallowed: it is raised where the result is awaited
                future.set_exception(error)

    def _answer(self, asked: Asked, call: _Call) -> Said:
        began = time.monotonic()
        tries = _Tries(deadline=began + self._patience.budget)
        try:
            model = self._model(call, tries)
            return self._persist(lambda: self._ask(asked, model, call, tries), call, tries)
        except Failure as failure:
            if failure.status == 404:
                failure.step, failure.status = failure.step + self._models_told(call, tries), None  # told once, not by each copy
            if failure.everyone:
                call.failure = failure
            problem = failure.problem(self._address.url, tries.count, time.monotonic() - began)
            return self._said(asked, tries.heard, "failed", (problem,))

    def _persist(self, ask: Callable[[], Got], call: _Call, tries: _Tries) -> Got:
        """Return what `ask` gives, asked again while that may help and there is time."""
        tries.count = 0
        while True:
            if call.failure is not None:
                raise copy_of(call.failure)
            tries.count += 1
            try:
                return ask()
            except Failure as failure:
                wait = self._patience.before(tries.count) if failure.wait is None else failure.wait
                late = time.monotonic() + wait >= tries.deadline
                if not failure.retryable or tries.count >= self._patience.tries:
                    raise
                if late and failure.wait:
                    failure.step = f"it asks to wait {failure.wait:.0f} s, longer than there is time for: run it again then"
                if late:
                    raise
                self._rest(wait, call)

    def _rest(self, seconds: float, call: _Call) -> None:
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            self._go_on(call)
            self._closed.wait(min(left, 0.1))  # seconds between two looks whether the caller has left

    def _go_on(self, call: _Call) -> None:
        if self._closed.is_set() or call.left.is_set():
            raise Failure("closed while it was asked", "ask a speaker that is open", everyone=True)

    def _model(self, call: _Call, tries: _Tries) -> str:
        """Return the name of the model, which is asked for where it was not given."""
        if self.engine.model:
            return self.engine.model
        with self._lock:
            if not self.engine.model:
                try:
                    names = self._persist(lambda: self._names(call, tries), call, tries)
                except Failure as failure:
                    if failure.status == 404:
                        failure.step, failure.status = f"{failure.step}: it does not list its models, so name one", None
                    failure.everyone, call.failure = True, failure  # set while the lock is held: the others wait for it
                    raise
                if len(names) != 1:
                    step = "name one (model=, --model)" if names else "load one, or name it if the server loads it when asked"
                    has = f"the server has {len(names)} models: {self._listed(names)}" if names else "the server has no model"
                    call.failure = Failure(has, step, everyone=True)
                    raise copy_of(call.failure)
                self.engine = replace(self.engine, model=names[0])
        return self.engine.model

    def _models_told(self, call: _Call, tries: _Tries) -> str:
        """Return the models that the server has, for the end of a message; empty where it does not tell."""
        try:
            names = self._names(call, tries)
        except Failure:
            return ""
        return f"; the server has {self._listed(names)}" if names else "; the server has no model"

    def _names(self, call: _Call, tries: _Tries) -> list[str]:
        """Return the names of the models that the server has."""
        with self._sent("GET", "models", None, call, tries) as response:
            body = b"".join(_at_most(response.iter_bytes(), LONGEST_BODY))
            self._must_be_well(response, body)
        try:
            data = json.loads(body)["data"]
            return [entry["id"] for entry in data if isinstance(entry["id"], str)]
        except (ValueError, LookupError, TypeError, RecursionError):
            raise Failure("its list of models cannot be read", "name the model, as in model='…'", everyone=True) from None

    def _ask(self, asked: Asked, model: str, call: _Call, tries: _Tries) -> Said:
        """Return what is said on one try, which goes on with less where the server refuses a wish."""
        form = asked.grammar.text if asked.grammar else ""
        given_up = {**self._given_up, "response_format": self._forms_given_up.get(form, 0)}
        for _ in range(1 + sum(wish.steps for wish in WISHES.values())):
            refused = self._listen(asked, self._body(asked, model, given_up, tries), call, tries)
            if refused is None:
                break
            given_up[refused] = given_up.get(refused, 0) + 1
        with self._lock:  # learnt only now that the server was content: it may have meant this request alone
            self._forms_given_up[form] = given_up.pop("response_format")
            self._given_up |= given_up
        return self._conclude(asked, tries.heard)

    def _body(self, asked: Asked, model: str, given_up: Mapping[str, int], tries: _Tries) -> dict[str, Any]:
        try:
            tries.urls = self._pictures.data_urls(asked.seen) if tries.urls is None else tries.urls
            return request_body(asked, model, tries.urls, given_up, special_tokens=self._special_tokens)
        except (ValueError, cv2.error) as error:  # a schema that is no JSON, a picture that is none
            raise Failure(f"this cannot be asked: {self._reason(error)}", "mend the request") from error

    def _listen(self, asked: Asked, body: Mapping[str, Any], call: _Call, tries: _Tries) -> str | None:
        """Fill `tries.heard` with the answer to a request; return the wish for whose sake the server refuses it, else None."""
        tries.heard = heard = Heard()
        content = json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
        try:
            with self._sent("POST", "chat/completions", content, call, tries) as response:
                if response.status_code in REFUSING:
                    message, error = read_error(b"".join(_at_most(response.iter_bytes(), LONGEST_ERROR)))
                    refused = refused_wish(message, error, body)
                    if refused is not None:
                        return refused
                    raise self._failure(response.status_code, message, error, response.headers)
                if not response.is_success:
                    self._must_be_well(response, b"".join(_at_most(response.iter_bytes(), LONGEST_ERROR)))
                kind = response.headers.get("content-type", "").lower()
                if "html" in kind:
                    raise self._page(b"".join(_at_most(response.iter_bytes(), LONGEST_ERROR)))
                if "json" in kind:  # a server that does not stream
                    heard.take(b"".join(_at_most(response.iter_bytes(), LONGEST_BODY)))
                    heard.done = True
                else:
                    self._follow(response, asked, heard, call, tries)
        except Failure:
            if not (heard.done or heard.finish):  # else the text is whole, and only what follows it broke
                raise
        except ServerError as error:
            message = str(error.error.get("message") or error.error)
            raise self._failure(error.status, message, error.error, {}) from error
        return None

    def _follow(self, response: httpx.Response, asked: Asked, heard: Heard, call: _Call, tries: _Tries) -> None:
        """Hear a stream to its end, or to where it is worth no more."""
        looked, began, ends = 0, time.monotonic(), self._end_of_try(tries)
        for line in lines(response.iter_bytes()):
            self._go_on(call)
            late = time.monotonic() > ends
            if heard.done and late:
                return
            if heard.done:  # the little that follows is read, so that the connection can be used again
                continue
            heard.take_line(line)
            if heard.length >= looked + LOOK_EVERY:
                looked = heard.length
                if self._patience.loops(heard.text):
                    heard.finish = "loop"
                    return
            if heard.length > _most_characters(asked):
                heard.finish = "length"
                return
            if late:
                took = f"{time.monotonic() - began:.0f} s"
                raise broken(f"the answer was not whole after {took}, {heard.length} characters had come")

    def _conclude(self, asked: Asked, heard: Heard) -> Said:
        """Return what was said, once the server has ended.

        Raises:
            Failure: It ended without an answer, or in the midst of it.
        """
        if not heard.choices:
            raise broken("the answer has no choices in it")
        if not heard.done and not heard.finish:
            raise broken(f"the stream broke off after {heard.length} characters")
        heard.refusal = self._address.without_secrets(heard.refusal)
        finish: Finish = "loop" if heard.finish == "loop" else FINISHES.get(heard.finish, "stop")
        if finish == "length" and self._patience.loops(heard.text):
            finish = "loop"
        return self._said(asked, heard, "failed" if heard.refusal else finish, None)

    def _said(self, asked: Asked, heard: Heard, finish: Finish, failed: tuple[Problem, ...] | None) -> Said:
        text = heard.text[: _most_characters(asked)]
        text = without_turn_end(text) if self._special_tokens else text
        problems = remarks(heard, text) if failed is None else failed
        if self._special_tokens and self._given_up.get("skip_special_tokens"):
            message = "the server does not tell special tokens, so boxes may be missing; serve the model by vLLM or SGLang"
            problems = (*problems, Problem(code="endpoint_special_tokens", message=message))
        prompt_tokens, tokens = heard.usage or (0, len(heard.tokens) or heard.chunks)
        usage = Usage(tiles=sum(len(view.tiles) for view in asked.seen), prompt_tokens=prompt_tokens, tokens=tokens)
        return Said(text, place_tokens(text, heard.tokens), finish, usage, problems)

    def _end_of_try(self, tries: _Tries) -> float:
        return min(time.monotonic() + self._patience.whole, tries.deadline)

    @contextmanager
    def _sent(self, method: str, path: str, content: bytes | None, call: _Call, tries: _Tries) -> Iterator[httpx.Response]:
        """Send a request, and give its response while it is read; whatever the network does to it becomes a failure."""
        self._go_on(call)
        patience, left = self._patience, max(0.001, self._end_of_try(tries) - time.monotonic())
        read, connect = min(patience.read, left), min(patience.connect, left)
        timeout = httpx.Timeout(connect=connect, read=read, write=read, pool=left)
        headers = {"Content-Type": "application/json"} if content is not None else {}
        url = f"{self._address.url}/{path}"
        try:
            with self._client.stream(method, url, content=content, headers=headers, timeout=timeout) as response:
                self._met = True
                yield response
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError) as error:
            failure = unreachable(self._reason(error))
            if not self._met:  # nobody was ever there, and waiting for all requests one after the other would tell no more
                failure.retryable, failure.everyone = False, True
            raise failure from error
        except httpx.TimeoutException as error:
            raise broken(f"nothing came for {read:.3g} s") from error
        except httpx.TransportError as error:
            raise broken(f"the connection broke ({self._reason(error)})") from error
        except httpx.HTTPError as error:  # a body that cannot be unpacked
            raise broken(f"the answer cannot be read ({self._reason(error)})") from error
        except (httpx.InvalidURL, UnicodeError) as error:  # names of servers that no network can have
            raise Failure("the base URL names no server that can be", "check its spelling", everyone=True) from error
        except RuntimeError:  # what httpx says of a client that was closed meanwhile
            self._go_on(call)
            raise

    def _listed(self, names: Sequence[str]) -> str:
        more = f" and {len(names) - MODELS_NAMED} more" if len(names) > MODELS_NAMED else ""
        return self._address.without_secrets(", ".join(names[:MODELS_NAMED])) + more

    def _reason(self, error: Exception) -> str:
        return self._address.without_secrets(str(error)) or type(error).__name__

    def _must_be_well(self, response: httpx.Response, body: bytes) -> None:
        """Raise the failure that a response tells of, if it does."""
        if not response.is_success:
            message, error = read_error(body)
            raise self._failure(response.status_code, message, error, response.headers)

    def _page(self, body: bytes) -> Failure:
        """Return the failure that a web page is in place of an answer."""
        title, _ = read_error(body)
        said = self._address.without_secrets(title)
        return Failure(f"a web page, no answer: {said}", "check the base URL, which mostly ends in /v1", everyone=True)

    def _failure(self, status: int, message: str, error: Mapping[str, Any], headers: Mapping[str, str]) -> Failure:
        said = self._address.without_secrets(message)
        if 300 <= status < 400:
            said = f"it leads to {self._address.without_secrets(headers.get('location', '').partition('?')[0])}"
        return of_status(status, said, error, headers, has_key=self._address.has_key)


def _at_most(chunks: Iterator[bytes], size: int) -> Iterator[bytes]:
    """Return the chunks up to so many bytes."""
    for chunk in chunks:
        yield chunk[:size]
        size -= len(chunk)
        if size <= 0:
            return


def _most_characters(asked: Asked) -> int:
    return CHARACTERS_A_TOKEN * (asked.most_tokens + 1)
