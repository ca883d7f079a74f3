"""What a page shows, from the report alone and without Django: frozen dataclasses that a template only prints.

Judgements stand in the report; here they are put into words, rows and marks. Nothing shown is without a word, and
what could not be told looks neither like a pass nor like a fail.
"""

from webui.scans.presentation.page import ReportPage, present
from webui.scans.presentation.pasted import Pasted, pasted
from webui.scans.presentation.server_page import ServerPage, present_server
from webui.scans.presentation.ticket import server_text, summary_text

__all__ = ["Pasted", "ReportPage", "ServerPage", "pasted", "present", "present_server", "server_text", "summary_text"]
