"""What people reach of the eight services: one row per endpoint, and nothing else is forwarded."""

from dataclasses import dataclass

from kit.contracts.journey import Process
from kit.problems import MAX_FILE

PREFIX = "/v1"
OWNER = ("citizen", "holder")


@dataclass(frozen=True)
class Route:
    """One endpoint: ``public`` is its path here, ``path`` the one at the service."""

    method: str
    public: str
    service: Process
    path: str
    who: tuple[str, ...]
    """In the words of ``kit.auth.allow``; ownership is the service's to judge."""


def _row(line: str) -> Route:
    service, method, path, *who = line.split()
    public = path if path in AT_THE_ROOT else PREFIX + path
    return Route(method, public, Process(service), path, OWNER if who == ["owner"] else tuple(who))


WHOLE_FILES = dict.fromkeys((f"{PREFIX}/verifications", "/verify/[^/]+"), MAX_FILE)
"""The largest bodies of paths that take a file."""

AT_THE_ROOT = frozenset({
    "/.well-known/jwks.json", "/verify/{token}", "/verify/{token}/display",
    "/.well-known/openid-credential-issuer/issuers/{agency}",
    "/.well-known/oauth-authorization-server/issuers/{agency}",
    "/.well-known/jwt-vc-issuer/issuers/{agency}",
})  # fmt: skip

ROUTES: tuple[Route, ...] = tuple(
    _row(line)
    for line in """
search    GET   /search                                    anyone
search    GET   /topics                                    anyone
search    GET   /services                                  anyone
search    GET   /services/{definition_id}                  anyone
identity  GET   /.well-known/jwks.json                     anyone
identity  POST  /sign-in                                   anyone
identity  GET   /sign-in/callback                          anyone
identity  POST  /token                                     anyone
identity  POST  /sign-out                                  citizen officer
identity  GET   /me                                        citizen officer
identity  POST  /erasures                                  citizen
identity  GET   /erasures                                  citizen
identity  GET   /erasures/{erasure_id}                     citizen
identity  POST  /officers                                  officer:administrator
identity  GET   /officers                                  officer:administrator
identity  PATCH /officers/{officer_id}                     officer:administrator
identity  POST  /clients                                   officer:administrator
identity  GET   /clients                                   officer:administrator
request   GET   /journeys/{journey_id}/application         owner
request   PUT   /journeys/{journey_id}/application         owner
request   POST  /journeys/{journey_id}/submission          owner
request   GET   /journeys/{journey_id}/acknowledgement     owner
request   GET   /journeys/{journey_id}/acknowledgement.pdf owner
request   POST  /journeys/{journey_id}/withdrawal          owner
request   GET   /journeys/{journey_id}/correction          owner
request   POST  /journeys/{journey_id}/correction          owner
request   POST  /journeys/{journey_id}/correction/acknowledgement owner
review    GET   /cases                                     officer:reviewer officer:supervisor
review    GET   /cases/{case_id}                           officer:reviewer officer:supervisor
review    POST  /cases/{case_id}/claim                     officer:reviewer
review    POST  /cases/{case_id}/release                   officer:reviewer
review    POST  /cases/{case_id}/recommendation            officer:reviewer
review    POST  /cases/{case_id}/refusal                   officer:reviewer
review    POST  /cases/{case_id}/defects                   officer:reviewer
review    POST  /cases/{case_id}/defects-leave             officer:supervisor
review    POST  /cases/{case_id}/delay                     officer:reviewer officer:approver
approval  GET   /decisions                                 officer:approver
approval  GET   /decisions/{decision_id}                   officer:approver
approval  POST  /decisions/{decision_id}/grant             officer:approver
approval  POST  /decisions/{decision_id}/refusal           officer:approver
approval  GET   /decision-keys                             anyone
payment   POST  /fee-estimates                             anyone
payment   GET   /journeys/{journey_id}/invoices            owner
payment   GET   /invoices/{invoice_id}                     owner
payment   GET   /invoices/{invoice_id}/qr.svg              owner
payment   GET   /invoices/{invoice_id}/qr.png              owner
payment   POST  /invoices/{invoice_id}/card-payments       owner
payment   GET   /journeys/{journey_id}/receipts            owner
payment   GET   /receipts/{receipt_id}.pdf                 citizen holder officer:cashier
payment   GET   /receipts/{receipt_id}                     citizen holder officer:cashier
payment   POST  /receipts/{receipt_id}/cancellation        officer:cashier
payment   POST  /receipts/{receipt_id}/reissue             officer:cashier
payment   POST  /payment-callbacks/{provider}              anyone
payment   GET   /refunds                                   officer:cashier
payment   GET   /refunds/{refund_id}                       officer:cashier
payment   POST  /refunds/{refund_id}/proposal              officer:cashier
payment   POST  /refunds/{refund_id}/approval              officer:cashier
payment   POST  /refunds/{refund_id}/rejection             officer:cashier
payment   POST  /refunds/{refund_id}/payout                officer:cashier
payment   POST  /invoices/{invoice_id}/refunds             officer:cashier
payment   POST  /statements                                officer:cashier
payment   GET   /reconciliations/{day}                     officer:cashier
payment   POST  /reconciliations/{day}/closing             officer:cashier
payment   GET   /discrepancies                             officer:cashier
payment   GET   /discrepancies/{discrepancy_id}            officer:cashier
payment   POST  /discrepancies/{discrepancy_id}/proposal   officer:cashier
payment   POST  /discrepancies/{discrepancy_id}/approval   officer:cashier
payment   POST  /discrepancies/{discrepancy_id}/rejection  officer:cashier
payment   GET   /trial-balances/{day}                      officer:cashier
payment   GET   /bookings                                  officer:cashier
payment   GET   /bookings/{booking_id}                     officer:cashier
issuance  GET   /journeys/{journey_id}/document            owner
issuance  GET   /journeys/{journey_id}/document.pdf        owner
issuance  POST  /journeys/{journey_id}/document/copies     owner
issuance  GET   /journeys/{journey_id}/document/copies     owner
issuance  GET   /journeys/{journey_id}/document/copies/{copy_id}/document.pdf owner
issuance  POST  /documents/{document_id}/copies            officer:approver
issuance  GET   /documents/{document_id}/copies/{copy_id}/document.pdf officer:approver
issuance  GET   /verifications/{token}                     anyone
issuance  GET   /verify/{token}                            anyone
issuance  GET   /verify/{token}/display                    anyone
issuance  POST  /verify/{token}                            anyone
issuance  POST  /verifications                             anyone
issuance  GET   /register                                  anyone
issuance  POST  /journeys/{journey_id}/credential-offers   owner
issuance  GET   /.well-known/openid-credential-issuer/issuers/{agency}   anyone
issuance  GET   /.well-known/oauth-authorization-server/issuers/{agency} anyone
issuance  GET   /.well-known/jwt-vc-issuer/issuers/{agency} anyone
issuance  GET   /credential-types/{agency}/{document_type} anyone
issuance  GET   /status-lists/{list_id}                    anyone
issuance  POST  /issuers/{agency}/token                    anyone
issuance  POST  /issuers/{agency}/nonce                    anyone
issuance  POST  /issuers/{agency}/credential               anyone
issuance  POST  /issuers/{agency}/deferred-credential      anyone
issuance  POST  /issuers/{agency}/notification             anyone
issuance  GET   /documents                                 officer:administrator
issuance  POST  /documents/{document_id}/retry             officer:administrator
issuance  GET   /licence-acts                              officer:approver
issuance  GET   /licences/{licence_id}/acts              officer:reviewer officer:approver
issuance  POST  /licences/{licence_id}/acts              officer:reviewer officer:approver
issuance  GET   /licences/{licence_id}/acts/{act_id}/corrections officer:reviewer officer:approver
issuance  POST  /licences/{licence_id}/acts/{act_id}/confirmation officer:approver
issuance  POST  /licences/{licence_id}/acts/{act_id}/rejection officer:reviewer officer:approver
issuance  POST  /licences/{licence_id}/reinstatement      officer:approver
issuance  POST  /licences/{licence_id}/renewal           officer:approver
issuance  POST  /journeys/{journey_id}/document/substitutes owner
issuance  GET   /journeys/{journey_id}/document/substitutes owner
issuance  GET   /substitutes                               officer:approver
issuance  POST  /substitutes/{substitute_id}/grant         officer:approver
issuance  POST  /substitutes/{substitute_id}/refusal       officer:approver
delivery  GET   /inbox                                     citizen
delivery  GET   /inbox/{notice_id}                         citizen
delivery  POST  /inbox/{notice_id}/read                    citizen
delivery  GET   /inbox/{notice_id}/pickup                  citizen
delivery  GET   /inbox/{notice_id}/pickup.svg              citizen
delivery  POST  /pickups/lookup                            officer:counter
delivery  POST  /pickups/collection                        officer:counter
delivery  POST  /delivery-reports/{provider}               anyone
delivery  GET   /journeys/{journey_id}/notices             owner
delivery  GET   /journeys/{journey_id}/public-document     owner
delivery  GET   /notices/{notice_id}/evidence              citizen holder officer:administrator officer:approver
delivery  GET   /notice-templates                          officer:administrator
delivery  GET   /notice-templates/{kind}                   officer:administrator
delivery  POST  /notice-templates/{kind}/versions          officer:administrator
delivery  POST  /notice-templates/{kind}/withdrawal        officer:administrator
delivery  POST  /notice-templates/{kind}/preview           officer:administrator
delivery  POST  /letters                                   officer:administrator
delivery  GET   /letters                                   officer:administrator
delivery  GET   /letters/{letter_id}                       officer:administrator
delivery  POST  /letters/{letter_id}/acknowledgement       officer:administrator
""".splitlines()
    if line
)
