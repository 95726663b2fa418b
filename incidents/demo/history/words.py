"""What went wrong in half a year: per service what people saw, what was at the bottom of it, and what helped. Pure.

No two of one service look alike (``incidents.learning.likeness``): only what is planted may be found to come back.
"""

from typing import NamedTuple

from incidents.models import Cause


class Words(NamedTuple):
    title: str
    cause: str
    fix: str
    symptom: str = ""


CHANGE, CAPACITY, HARDWARE, SOFTWARE = Cause.CHANGE, Cause.CAPACITY, Cause.HARDWARE, Cause.SOFTWARE
SUPPLIER, NETWORK, HUMAN, SECURITY = Cause.SUPPLIER, Cause.NETWORK, Cause.HUMAN, Cause.SECURITY
FALSE = Cause.FALSE_ALARM

TROUBLE = {
    "Payments": (
        Words("Refunds hang for minutes", CAPACITY, "Gave the refund worker a second connection."),
        Words("Gift cards are refused at the till", SOFTWARE, "Rolled the voucher library back."),
        Words("PayPal button does nothing", SUPPLIER, "PayPal fixed its script; nothing to do here."),
        Words("Instalment plans miss the last rate", SOFTWARE, "Corrected the rounding and ran the month again."),
        Words("Settlement file was rejected by the bank", HUMAN, "Uploaded the file with the right date."),
        Words("Customers see two debits on their statement", SUPPLIER, "The acquirer reversed the second booking."),
        Words("3-D Secure page times out", NETWORK, "Opened the new address range in the firewall."),
        Words("Invoice purchase offered to blocked customers", CHANGE, "Took the new scoring rule out again."),
        Words("Currency conversion uses Friday's rates", SOFTWARE, "Restarted the import of exchange rates."),
        Words("Apple Pay is missing on phones", CHANGE, "Put the merchant file back where Apple looks for it."),
        Words("Chargeback inbox overflows", HUMAN, "Archived what the team had answered already."),
        Words("Fraud check rejects whole districts", SUPPLIER, "The supplier loosened a rule that was too coarse."),
        Words("Tip amounts vanish from receipts", CHANGE, "Added the field to the new receipt template."),
        Words("Monthly subscriptions renewed too early", SOFTWARE, "Stopped the job and paid the difference back."),
        Words("Deposit machine counts coins wrongly", HARDWARE, "The technician cleaned the coin sensor."),
        Words("Donation round-up booked as revenue", HUMAN, "Moved the bookings to their own account."),
    ),
    "Orders": (
        Words("Basket empties itself after login", SOFTWARE, "Merged the two baskets again; a test was missing."),
        Words("Click and collect shows closed shops", HUMAN, "Corrected the opening hours of eleven shops."),
        Words("Packing slips come out blank", CHANGE, "Installed the font that the new template wants."),
        Words("Returns portal rejects valid numbers", SOFTWARE, "Allowed numbers with a leading zero."),
        Words("Carrier pickup was not announced", SUPPLIER, "Sent the announcement again by hand."),
        Words("Express surcharge missing since midnight", CHANGE, "Put the price list of yesterday back."),
        Words("Address check refuses Irish postcodes", SUPPLIER, "Switched the check off for Ireland until it knows."),
        Words("Backorders jump the line", SOFTWARE, "Sorted by promised date again."),
        Words("Robot arm in aisle nine stopped", HARDWARE, "Changed a worn belt."),
        Words("Customs papers lack tariff codes", HUMAN, "Filled in the codes of the new range."),
        Words("Bulk buyers cannot split shipments", CHANGE, "Gave the role its right back."),
        Words("Tracking links lead nowhere", SUPPLIER, "The carrier moved its pages; links corrected."),
        Words("Weekend orders pile up unassigned", CAPACITY, "Let a second allocator run on Saturdays."),
        Words("Cancelled orders ship anyway", SOFTWARE, "The cancel event is read before the shipping event now."),
        Words("Scale reports negative weight", HARDWARE, "Set the scale back to zero."),
        Words("Marketplace feed delivers duplicates", SUPPLIER, "Dropped what was delivered twice."),
    ),
    "Catalogue": (
        Words("Filter by size finds nothing", SOFTWARE, "Built the size index anew."),
        Words("Product videos stutter", CAPACITY, "Moved the videos to the larger store."),
        Words("Allergen notes are cut off", CHANGE, "Made the column longer again."),
        Words("Recommendations show sold-out shoes", SOFTWARE, "Read the stock before the list is drawn."),
        Words("French descriptions appear in English shop", HUMAN, "Uploaded the translations into the right shop."),
        Words("Category tree lost its garden branch", HUMAN, "Restored the branch from last night's export."),
        Words("Comparison table mixes units", SOFTWARE, "Centimetres everywhere, as before."),
        Words("Zoomed pictures are blurred", CHANGE, "Raised the quality of the picture service."),
        Words("Autocomplete suggests rude words", HUMAN, "Added the words to the stop list."),
        Words("Supplier feed of tyres stalls", SUPPLIER, "They sent the missing part of the file."),
        Words("Energy labels outdated by one class", CHANGE, "Imported the labels of this year."),
        Words("Wish lists open very slowly", CAPACITY, "Added the index that the query wanted."),
        Words("Ratings average above five stars", SOFTWARE, "Counted each vote once."),
        Words("Brand pages return not found", CHANGE, "Put the redirects back."),
    ),
    "Identity": (
        Words("Password reset mails bounce", SUPPLIER, "Asked the provider to take our address off its list."),
        Words("New colleagues missing from groups", HUMAN, "Ran the joiner job again with the right file."),
        Words("Kerberos tickets expire at noon", CHANGE, "Took the new ticket lifetime back."),
        Words("Badge numbers do not match accounts", HUMAN, "Corrected the import of the badge list."),
        Words("Guest network voucher rejected", SOFTWARE, "Restarted the voucher service."),
        Words("Lockout after one wrong attempt", CHANGE, "Set the limit to five again."),
        Words("Audit export stops at letter M", CAPACITY, "Gave the export more memory."),
        Words("Smart cards unreadable in Porto", HARDWARE, "Replaced two readers."),
        Words("Role approvals stuck with former manager", HUMAN, "Moved the open approvals to the new manager."),
        Words("Directory replica four hours behind", NETWORK, "The line to the second site is up again."),
        Words("Phishing report opens suspicious account", SECURITY, "Closed the account and its sessions."),
        Words("Multi-factor prompts arrive in bursts", SOFTWARE, "Updated the push gateway."),
        Words("Service account used from abroad", SECURITY, "Changed its secret; it was the new data centre."),
        Words("Consent screen loops forever", CHANGE, "Added the missing redirect address."),
        Words("Timesheet system logs everybody out", CAPACITY, "Raised the number of sessions."),
        Words("Signing keys rotated ahead of plan", HUMAN, "Published the new keys to all who verify."),
    ),
    "Network": (
        Words("Branch Lyon is offline", SUPPLIER, "The provider repaired a cut fibre."),
        Words("Video calls freeze every hour", CAPACITY, "Moved the backup out of office hours."),
        Words("Printer VLAN unreachable", CHANGE, "Put the trunk back on the port."),
        Words("VPN drops home workers", SOFTWARE, "Updated the gateway to its fixed release."),
        Words("Core switch fan alarm", HARDWARE, "Replaced the fan tray."),
        Words("DNS answers with old address", HUMAN, "Corrected the record and waited for its time."),
        Words("Scanner handhelds roam badly", NETWORK, "Lowered the power of three antennas."),
        Words("Firewall rejects partner tunnel", CHANGE, "Agreed on the same cipher again."),
        Words("Certificate warning on guest portal", HUMAN, "Installed the certificate that was bought in spring."),
        Words("Bandwidth to cloud region halves", SUPPLIER, "The provider ended its maintenance."),
        Words("Clock drift on warehouse routers", SOFTWARE, "Pointed them at the new time servers."),
        Words("Uplink error counters climb", HARDWARE, "Cleaned the optics."),
        Words("Load balancer keeps dead member", SOFTWARE, "Made the health check ask deeper."),
        Words("Cash desks lose multicast", CHANGE, "Switched the snooping querier on."),
        Words("Remote site saturates its line", CAPACITY, "Limited the software distribution."),
        Words("Spanning tree moved its root", HUMAN, "Gave the root bridge its priority back."),
    ),
    "Workplace": (
        Words("Meeting room screen stays black", HARDWARE, "Swapped the cable."),
        Words("Coffee machine leaks", HARDWARE, "The service changed a seal."),
        Words("Lift two out of order", SUPPLIER, "The lift company reset it."),
        Words("Heating too cold in west wing", HARDWARE, "Opened the valve that was closed for summer."),
        Words("Projector lamp expired", HARDWARE, "New lamp."),
        Words("Desk booking double books", SOFTWARE, "The vendor corrected the time zone."),
        Words("Water drips from ceiling", HARDWARE, "Emptied the tray of the air conditioning."),
        Words("Parking gate will not open", HARDWARE, "Reset the gate's controller."),
        Words("Fire door alarm beeps", FALSE, "A chair stood in the door."),
        Words("Courier entrance intercom silent", HARDWARE, "Replaced the handset."),
    ),
    "Ticket portal": (
        Words("Attachments over five megabytes fail", CHANGE, "Raised the limit of the proxy."),
        Words("Survey mails go out twice", SOFTWARE, "One of two workers was forgotten; stopped it."),
        Words("Chat widget hides the send button", CHANGE, "Moved the banner."),
        Words("Knowledge base returns empty answers", SOFTWARE, "Indexed the articles again."),
        Words("Callback requests land with nobody", HUMAN, "Put the team back into the form."),
        Words("Phone menu plays the holiday text", HUMAN, "Switched to the usual greeting."),
        Words("Dashboard counts yesterday only", SOFTWARE, "Corrected the day's boundary."),
        Words("Agents cannot paste pictures", SOFTWARE, "Updated the editor."),
    ),
}

TRIES = {  # tried in vain, most of the time
    "Payments": ("Switched to the second acquirer.", "Restarted the payment gateway.", "Compared with the test shop."),
    "Orders": ("Restarted the order worker.", "Sent three orders by hand.", "Looked for a release that fits the time."),
    "Catalogue": ("Restarted the product service.", "Rolled the last import back.", "Compared both shops' settings."),
    "Identity": (
        "Restarted the directory proxy.",
        "Failed over to the second node.",
        "Asked two people to sign in anew.",
    ),
    "Network": (
        "Shut the port and opened it again.",
        "Moved traffic to the second line.",
        "Restarted the access switch.",
    ),
    "Workplace": ("Switched it off and on.", "Called the hotline of the maker.", "Looked at it on site."),
    "Ticket portal": ("Cleared the portal's cache.", "Tried another browser.", "Restarted the portal."),
}
WORSE = ("Restarted the whole cluster; now others notice it too.", "Took one node out; the other cannot bear it alone.")
NOTES = (
    "Nothing in the logs before the first report.",
    "Two more colleagues confirm it.",
    "The supplier has a ticket from us.",
    "It comes and goes; watching.",
)
ONWARD = {
    "expertise": ("Looks like the inside of the application to me.", "None of our recipes fits; yours, please."),
    "access": ("I cannot see these machines.", "This needs rights that the desk does not have."),
    "time": ("Five minutes gone, nothing found.", "Two things tried, neither helped."),
    "impact": ("More and more report it.", "Shops begin to close their tills."),
    "capacity": ("Three others wait here.", "We are two today."),
}
HOLDS = (
    "The supplier calls back.",
    "The part comes by courier.",
    "Whoever knows it is on the train.",
    "It is rebuilt, that takes a while.",
)
PASSES = (
    "Yours from the last shift: all is in the notes.",
    "I have to leave; the supplier calls you.",
    "You know this one better.",
)
AGAIN = ("It is back.", "Works for one shop, not for the others.", "Happens again since noon.")

# Planted: one cause that comes back until somebody mends it.
CACHE = Words("", SOFTWARE, "Emptied the price cache by hand.", "Shops sell at the wrong price.")
CACHE_TITLES = (
    "Price cache serves stale prices",
    "Price cache serves stale prices again",
    "Stale prices served by the price cache",
)
CACHE_PROBLEM = (
    "The price cache misses new prices",
    "Nothing tells it that a price was changed: it forgets only when it is full.",
)
CACHE_ACTION = "Tell the cache of each price that changes"
