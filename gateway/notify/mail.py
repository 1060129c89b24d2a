"""E-mail over SMTP (RFC 5321), one message a notice, in the language of the subscription."""

import smtplib
import ssl
from email.message import EmailMessage
from email.utils import format_datetime

from typing_extensions import override

from gateway.notify.channel import Channel, Undelivered
from gateway.notify.settings import NotifySettings
from gateway.notify.wording import body_text, subject_line
from gateway.store.notices import Subscription
from schemas.explain.explanation import Explanation
from schemas.notice import Notice

TIMEOUT_S = 20.0


class Mail(Channel):
    """The e-mail channel. Accepted means: the server answered 250 (RFC 5321, section 4.2)."""

    def __init__(self, settings: NotifySettings) -> None:
        self._settings = settings

    @override
    def send(self, subscription: Subscription, notice: Notice, explanation: Explanation) -> None:
        if not self._settings.smtp_host:
            raise Undelivered("e-mail needs a server: set SUYUAN_SMTP_HOST and SUYUAN_SMTP_FROM")
        try:
            message = self._message(subscription, notice, explanation)
            with self._connected() as server:
                server.send_message(message)
        except (OSError, smtplib.SMTPException, ValueError) as error:
            raise Undelivered(f"{type(error).__name__}: {error}"[:300]) from None

    def _message(self, subscription: Subscription, notice: Notice, explanation: Explanation) -> EmailMessage:
        message = EmailMessage()
        message["From"] = self._settings.smtp_from
        message["To"] = subscription.target
        message["Subject"] = subject_line(notice, subscription.language)
        message["Date"] = format_datetime(notice.at)
        # The same notice has the same id each time it is sent, so that a mailbox can drop the second.
        message["Message-ID"] = f"<{notice.number}.{subscription.subscription_id}@suyuan.invalid>"
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers, please
        message.set_content(body_text(notice, explanation, subscription.language))
        return message

    def _connected(self) -> smtplib.SMTP:
        settings = self._settings
        context = ssl.create_default_context()
        if settings.smtp_tls == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                settings.smtp_host, settings.smtp_port, timeout=TIMEOUT_S, context=context
            )
        else:
            server = smtplib.SMTP(settings.smtp_host, settings.smtp_port, timeout=TIMEOUT_S)
        try:
            if settings.smtp_tls == "starttls":
                server.starttls(context=context)
            if settings.smtp_username:
                server.login(settings.smtp_username, settings.smtp_password)
        except (OSError, smtplib.SMTPException):
            server.close()
            raise
        return server
