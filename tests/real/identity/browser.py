"""A browser without a screen: cookies with their rules on sites and paths, redirects, forms, and pages that lead on by themselves."""
import html.parser
import urllib.parse

import requests
from conftest import TEST_TIMEOUT
from provider import PERSON


class Cookie:
    """One cookie as its server set it."""

    def __init__(self, text):
        pair, *attributes = [part.strip() for part in text.split(";")]
        self.name, self.value = pair.split("=", 1)
        self.attributes = {name.lower(): value for name, _, value in (one.partition("=") for one in attributes)}
        self.text = text


class Form(html.parser.HTMLParser):
    """The forms and links of a page."""

    def __init__(self, text):
        super().__init__()
        self.forms, self.links, self.onward = [], [], None
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        """Collects forms, links and refreshes."""
        given = dict(attributes)
        if tag == "form":
            self.forms.append((given["action"], {}))
        elif tag == "input" and self.forms and given.get("type") == "hidden":
            self.forms[-1][1][given["name"]] = given["value"]
        elif tag == "a":
            self.links.append(given["href"])
        elif tag == "meta" and given.get("http-equiv") == "refresh":
            seconds, _, url = given["content"].partition("; url=")
            self.onward = url if seconds == "0" else None


class Browser:
    """One person's browser. It stores cookies by host; a host is a site here."""

    def __init__(self, person):
        self.jar = {("127.0.0.1", PERSON): Cookie(f"{PERSON}={person}; Path=/")}
        self.url, self.page, self.steps = None, None, []

    def cookies(self, url, method, across):
        """Those that go with a request: `Strict` ones never across sites, `Lax` ones only when a page is opened."""
        parts = urllib.parse.urlsplit(url)
        for (host, name), cookie in self.jar.items():
            rule = cookie.attributes.get("samesite", "Lax")
            path = cookie.attributes.get("path", "/")
            below = path == "/" or parts.path == path or parts.path.startswith(path + "/")
            if host == parts.hostname and below and not (across and (rule == "Strict" or method != "GET")):
                yield f"{name}={cookie.value}"

    def open(self, url, method="GET", data=None, started_by=None):
        """Opens a page, from its address or from a page of the site `started_by`, and follows where it leads."""
        across = False
        for _ in range(20):
            parts = urllib.parse.urlsplit(url)
            across = across or (started_by is not None and started_by != parts.hostname)
            headers = {"Cookie": "; ".join(self.cookies(url, method, across)), "User-Agent": "a browser",
                       "Sec-Fetch-Site": "none" if started_by is None else "cross-site" if across else "same-origin"}
            headers |= {"Origin": f"{parts.scheme}://{parts.netloc}"} if method == "POST" else {}
            answer = requests.request(method, url, data=data, headers=headers, allow_redirects=False, timeout=TEST_TIMEOUT)
            self.steps.append((method, url, answer))
            for text in answer.raw.headers.getlist("Set-Cookie"):
                cookie = Cookie(text)
                gone = cookie.attributes.get("max-age") == "0"
                self.jar.pop((parts.hostname, cookie.name), None) if gone else self.jar.update({(parts.hostname, cookie.name): cookie})
            self.url, self.page = url, answer
            if answer.is_redirect:
                if answer.status_code == 303:
                    method, data = "GET", None
                url = urllib.parse.urljoin(url, answer.headers["Location"])
                # a chain that was on another site once stays across
                started_by = started_by or parts.hostname
                across = across or urllib.parse.urlsplit(url).hostname != parts.hostname
            elif (onward := self.form().onward):
                # a page of ours leads on, so the site is its own
                url, method, data, across, started_by = urllib.parse.urljoin(url, onward), "GET", None, False, parts.hostname
            else:
                return answer
        raise AssertionError(f"no end of redirects, the last to {url}")

    def form(self):
        """The forms and links of this page."""
        return Form(self.page.text if "html" in self.page.headers.get("Content-Type", "") else "")

    def click(self, part):
        """Follows the link of this page with this part in its address."""
        link = next(link for link in self.form().links if part in link)
        return self.open(urllib.parse.urljoin(self.url, link), started_by=urllib.parse.urlsplit(self.url).hostname)

    def send(self, part, **fields):
        """Sends the form of this page with this part in its address, with more fields or other ones."""
        action, hidden = next(form for form in self.form().forms if part in form[0])
        data = hidden | fields
        return self.open(urllib.parse.urljoin(self.url, action), "POST", data, urllib.parse.urlsplit(self.url).hostname)

    def cookie(self, part):
        """The cookie with this part in its name, or None."""
        return next((cookie for (_, name), cookie in self.jar.items() if part in name), None)
