"""The faults: what would cost money, lose work or show a picture to the wrong eyes."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

PIPELINE = "tests/tryon/pipeline"


def of(file: str, *names: str) -> tuple[str, ...]:
    """The node ids of these tests of a file."""
    return tuple(f"{file}::{name}" for name in names)


FILES = (
    Mutant(
        "a copy at the gateway is used for 70 days in place of 7",
        "tryon/settings.py",
        "FILE_LIFETIME_HOURS = 7 * 24",
        "FILE_LIFETIME_HOURS = 70 * 24",
        of(
            f"{PIPELINE}/test_seven_days.py",
            "test_from_the_margin_on_it_is_uploaded_again_and_its_old_id_not_sent",
        ),
    ),
    Mutant(
        "an upload says user_upload in place of vision_reference",
        "tryon/gateway/client.py",
        '"purpose": "vision_reference"',
        '"purpose": "user_upload"',
        of("tests/tryon/gateway/test_gateway.py", "test_an_upload_says_what_it_is_for"),
    ),
    Mutant(
        "the person and the garment exchange their file ids",
        "tryon/pipeline/references.py",
        "return ids | {pk: future.result() for pk, future in futures.items()}",
        "return ids | {pk: future.result() for pk, future in zip(reversed(futures), futures.values())}",
        of(f"{PIPELINE}/test_run.py", "test_references_go_out_in_the_order_that_the_prompt_numbers"),
    ),
    Mutant(
        "the prompt numbers addresses before files",
        "tryon/pipeline/payload.py",
        "dict.fromkeys(files + addresses)",
        "dict.fromkeys(addresses + files)",
        of(f"{PIPELINE}/test_payload.py", "test_files_go_before_addresses_and_the_prompt_numbers_them_so"),
    ),
    Mutant(
        "a photo lies as the camera was held",
        "gallery/decode/pixels.py",
        "return picture if turn is None else picture.transpose(turn)",
        "return picture",
        of("tests/gallery/test_pictures.py", "test_a_photo_is_upright_however_the_camera_was_held"),
    ),
)

CALLS = (
    Mutant(
        "an answer of a lost claim ends the run that took its place",
        "tryon/models/generation.py",
        "Q(status=GenerationStatus.RUNNING, fence=attempt.fence)",
        "Q(status=GenerationStatus.RUNNING)",
        of(
            f"{PIPELINE}/test_run.py",
            "test_an_answer_of_a_lost_claim_does_not_end_the_run_that_took_its_place",
        ),
    ),
    Mutant(
        "nobody adopts an answer before its dead worker's claim ends",
        "tryon/pipeline/recovery.py",
        "if attempt is None or (attempt.generation.is_held() and _is_in_hand(body)):",
        "if attempt is None or attempt.generation.is_held():",
        of(
            f"{PIPELINE}/test_machines.py",
            "test_an_answer_whose_worker_died_is_adopted_while_its_claim_still_holds",
        ),
    ),
    Mutant(
        "an answer is taken out of the hands of its living worker",
        "tryon/pipeline/recovery.py",
        "if attempt is None or (attempt.generation.is_held() and _is_in_hand(body)):",
        "if attempt is None:",
        of(
            f"{PIPELINE}/test_machines.py",
            "test_an_answer_is_left_to_its_worker_while_that_one_lives",
        ),
    ),
    Mutant(
        "a call whose answer does not come in time counts as not sent",
        "tryon/gateway/client.py",
        "except (httpx.ConnectError,",
        "except (httpx.ReadTimeout, httpx.ConnectError,",
        of(
            "tests/tryon/gateway/test_gateway.py",
            "test_only_a_failure_to_connect_proves_that_nothing_was_sent",
        ),
    ),
    Mutant(
        "a call of unknown outcome is sent again",
        "tryon/pipeline/outcomes.py",
        "(gateway.OutcomeUnknown, _lost)",
        "(gateway.OutcomeUnknown, _unavailable)",
        of(
            f"{PIPELINE}/test_run.py",
            "test_each_answer_has_one_outcome[drop_after-options12-unknown--unknown]",
        ),
    ),
    Mutant(
        "a redirect of a paid call is followed",
        "tryon/gateway/client.py",
        "follow_redirects=False",
        "follow_redirects=True",
        of("tests/tryon/gateway/test_gateway_wire.py", "test_a_redirect_is_not_followed"),
    ),
    Mutant(
        "a busy gateway is asked again before the time it named",
        "tryon/pipeline/outcomes.py",
        "seconds = exc.retry_after or _backoff(generation)",
        "seconds = _backoff(generation)",
        of(
            f"{PIPELINE}/test_run.py",
            "test_a_busy_gateway_is_left_alone_for_as_long_as_it_asked",
        ),
    ),
    Mutant(
        "the stop switch is not asked right before the call leaves",
        "tryon/pipeline/run.py",
        "if CircuitBreaker.objects.everything_stopped():",
        "if False:",
        of(
            "tests/tryon/models/test_circuit_breaker.py",
            "test_the_stop_switch_holds_a_call_that_a_worker_has_begun_to_prepare",
        ),
    ),
)

MONEY = (
    # On SQLite no transaction gets between look and update, since each takes the one lock for writing when
    # it begins: 32 processes (test_caps.py) tell this apart on PostgreSQL alone. So its test reserves
    # outside of a transaction, where every statement sees what others have done, on both databases.
    Mutant(
        "a cap is looked at, and the money set aside by an update without conditions",
        "tryon/models/money/budget.py",
        """\
                whole = F("reserved") + F("spent") + F("at_risk")
                room = room.annotate(whole=whole).filter(whole__lte=cap - part)
""",
        """\
                room = room if row.taken <= cap - part else self.none()
""",
        of(
            f"{PIPELINE}/test_submission.py",
            "test_what_another_sets_aside_between_look_and_update_counts_under_every_cap",
        ),
    ),
    Mutant(
        "the money of a failed picture stays set aside",
        "tryon/models/generation.py",
        "self._book(owner, Kind.RELEASED, reserved=-self.reservation)",
        "pass",
        of(f"{PIPELINE}/test_submission.py", "test_what_was_not_made_is_given_back"),
    ),
    Mutant(
        "an account may have what a guest may have",
        "tryon/models/money/budget.py",
        "settings.PICTURES_PER_DAY_GUEST if is_guest else settings.PICTURES_PER_DAY_ACCOUNT",
        "settings.PICTURES_PER_DAY_GUEST",
        of(f"{PIPELINE}/test_submission.py", "test_a_cap_is_never_passed_however_many_ask_at_once"),
    ),
    Mutant(
        "guests are not counted by address",
        "tryon/models/money/budget.py",
        "by_address = [BudgetScope(span, ADDRESS, address) for span in capped]",
        "by_address = []",
        of(
            f"{PIPELINE}/test_guest_caps.py",
            "test_one_address_with_eighteen_cookies_gets_its_cap_and_an_account_elsewhere_its_picture",
        ),
    ),
    Mutant(
        "a call ends in the rows of whoever owns it now",
        "tryon/models/generation.py",
        "if self.budget_keys is None:",
        "if True:",
        of(
            f"{PIPELINE}/test_guest_caps.py",
            "test_a_call_of_a_guest_who_signs_up_meanwhile_ends_where_it_was_counted",
        ),
    ),
)

EYES = (
    Mutant(
        "the bytes of shared pictures are given whether approved or not",
        "gallery/sharing/receiver_views.py",
        "picture = link.shown_images().filter(pk=image).first()",
        "picture = link.images.present().filter(pk=image).first()",
        of("tests/gallery/test_shared_pages.py", "test_one_rejected_picture_leaves_the_others_shared"),
    ),
    Mutant(
        "a link with a password opens without it",
        "gallery/sharing/access.py",
        "is_locked = link.password and",
        "is_locked = False and",
        of(
            "tests/gallery/test_share_passwords.py",
            "test_the_page_asks_for_the_password_and_tells_nothing_before",
        ),
    ),
    Mutant(
        "a new address leaves the tickets of the old one",
        "gallery/sharing/access.py",
        'return ticket if mark == _fingerprint(link.digest) else ""',
        "return ticket",
        of(
            "tests/gallery/test_share_links.py",
            "test_a_lost_address_is_replaced_by_one_press_and_the_old_one_ends_at_once",
        ),
    ),
    Mutant(
        "the token of a share link is stored in clear",
        "gallery/models/sharing/share_token.py",
        'return hashlib.sha256(token.encode(errors="surrogatepass")).hexdigest()',
        "return token",
        of("tests/gallery/test_share_promises.py", "test_s2_only_the_digest_of_the_token_is_kept"),
    ),
    Mutant(
        "others see what a row calls approved, whatever was decided",
        "gallery/models/gate.py",
        " & Q(_last_decision(image, APPROVED))",
        "",
        of(
            "tests/gallery/test_share_promises.py",
            "test_s4_what_is_seen_is_what_the_audit_trail_says_whatever_stands_in_the_row",
        )
        + of(
            "tests/tryon/web/test_gate.py",
            "test_what_others_may_not_see_is_closed_to_them_at_every_route",
        ),
    ),
    Mutant(
        "an undone decision leaves the link open",
        "gallery/models/image.py",
        "return self._decide(by, UNDONE, ReviewState.PENDING, seen)",
        "return bool(AuditEntry.objects.record(by, APPROVED, self))",
        of(
            "tests/gallery/test_share_promises.py",
            "test_s4_an_undone_decision_takes_every_byte_back_and_leaves_a_page_that_waits",
        ),
    ),
    Mutant(
        "a report decides",
        "gallery/models/report.py",
        "                flag(image)\n",
        "                image.undo(None)\n",
        of(
            "tests/gallery/test_reports.py",
            "test_a_report_puts_the_picture_on_top_of_the_queue_and_leaves_it_as_it_is",
        ),
    ),
    Mutant(
        "what is reported stands where it stood",
        "gallery/models/report.py",
        "                flag(image)\n",
        "                pass\n",
        of(
            "tests/gallery/test_reports.py",
            "test_a_report_puts_the_picture_on_top_of_the_queue_and_leaves_it_as_it_is",
        ),
    ),
    Mutant(
        "an answer of the spool outlives the one whom it shows",
        "tryon/pipeline/recovery.py",
        "return run.finish(attempt, attempt.generation, body, patience=0)",
        "return [] if attempt.generation.tryon.deleted_at else run.finish(\n"
        "            attempt, attempt.generation, body, patience=0\n        )",
        of(
            f"{PIPELINE}/privacy/test_erasure.py",
            "test_neither_byte_nor_word_nor_likeness_is_left_also_of_a_call_in_flight",
        ),
    ),
    Mutant(
        "an uploaded photo of a person is kept without the tick",
        "tryon/web/forms/slot.py",
        'category=category, unticked="" if consent else kind',
        "category=category",
        of(
            "tests/tryon/web/test_studio.py",
            "test_the_upload_door_refuses_a_person_without_consent",
            "test_without_consent_no_photo_of_a_person_is_kept",
        ),
    ),
    Mutant(
        "a linked picture is kept without the tick",
        "tryon/web/forms/slot.py",
        'unticked = "" if consent else kind',
        'unticked = ""',
        of(
            "tests/tryon/web/test_studio_modes.py",
            "TestAddresses::test_a_picture_that_may_show_somebody_needs_the_tick",
        ),
    ),
    Mutant(
        "a try-on of a photo without consent is accepted",
        "tryon/pipeline/submission.py",
        "is_consented=reference.is_consented_as(self.kind),",
        "is_consented=True,",
        of(f"{PIPELINE}/test_submission.py", "test_a_person_without_consent_is_refused"),
    ),
    Mutant(
        "a photo leaves for the gateway without consent",
        "tryon/pipeline/references.py",
        "bytes_or_link and reference.may_be_copied)",
        "bytes_or_link)",
        of(f"{PIPELINE}/test_references.py", "test_a_photo_without_consent_does_not_leave"),
    ),
    Mutant(
        "the tick for a photo of a person counts when it is worked from, too",
        "tryon/models/reference.py",
        "any(consent.role == role for consent in self.consents.all())",
        "bool(self.consents.all())",
        of(
            "tests/tryon/web/test_consent.py",
            "test_what_was_agreed_to_before_there_were_roles_counts_for_what_it_was_given_as",
        ),
    ),
    Mutant(
        "a garment that was worked from is kept for ever",
        "tryon/models/reference.py",
        "self.filter(~Q(kind=Reference.Kind.GARMENT) | Exists(same))",
        "self.filter(~Q(kind=Reference.Kind.GARMENT))",
        of(
            f"{PIPELINE}/test_deletion.py",
            "test_a_garment_that_was_worked_from_is_kept_no_longer_than_a_photo_of_a_person",
        ),
    ),
    Mutant(
        "what was accepted before there were roles goes out without a tick",
        "tryon/pipeline/run.py",
        "if not all(row.is_consented for row in inputs):",
        "if not inputs and takes is None:",
        of(
            "tests/tryon/web/test_consent.py",
            "test_what_waited_at_the_upgrade_does_not_go_out_and_says_why",
        ),
    ),
    Mutant(
        "staff run again what nobody agreed to",
        "tryon/pipeline/submission.py",
        "if reason := request_rules.picture_refusal(facts, may_link(tryon.owner)):",
        "if reason := request_rules.PHOTO_GONE * (not facts.is_usable):",
        of("tests/tryon/web/test_consent.py", "test_staff_do_not_run_again_what_nobody_agreed_to"),
    ),
    Mutant(
        "the renditions of a deleted picture stay on the disk",
        "gallery/models/image.py",
        'FILES = ("original", "small", "large", "preview", "download")',
        'FILES = ("original",)',
        of(f"{PIPELINE}/test_deletion.py", "test_a_deleted_try_on_leaves_no_byte_behind"),
    ),
    Mutant(
        "a deletion is in the journal of one machine only",
        "gallery/deletion_log.py",
        "    if settings.MEDIA_S3_BUCKET:\n        for line in lines:",
        "    if not lines:\n        for line in lines:",
        of(
            "tests/gallery/test_s3.py",
            "test_what_is_taken_back_on_one_machine_is_in_the_journal_of_all",
        ),
    ),
    Mutant(
        "a picture leaves without the mark of what made it",
        "gallery/media.py",
        "missing = None if mark is None or mark.is_on(name) else mark",
        "missing = None",
        of(f"{PIPELINE}/test_marks.py", "test_an_old_picture_leaves_marked_before_its_row_is_filled"),
    ),
    Mutant(
        "wrong passwords from anywhere shut an account's owner out",
        "tryon/accounts/rate_limits.py",
        'f"{what} {account} {known or address_digest(request)}"',
        'f"{what} {account}"',
        of(
            "tests/tryon/accounts/test_log_in_limits.py",
            "test_five_wrong_tries_from_anywhere_shut_nobody_out",
        ),
    ),
    Mutant(
        "the password is tried without a limit where it is asked for again",
        "tryon/web/account_adapter.py",
        '_require_try(self.request, account_key(user, ""))',
        "pass",
        of(
            "tests/tryon/accounts/test_log_in_limits.py",
            "test_a_stolen_session_guesses_the_password_no_faster",
        ),
    ),
    Mutant(
        "a page is given at a foreign port",
        "tryon/web/middleware/site_host.py",
        " or port not in ports",
        "",
        of("tests/tryon/web/test_site_host.py", "test_a_foreign_host_or_port_gets_no_page"),
    ),
    Mutant(
        "links are made from the host that was called",
        "tryon/web/middleware/site_host.py",
        'request.META["HTTP_HOST"] = site.netloc',
        "pass",
        of("tests/tryon/web/test_site_host.py", "test_links_in_mails_are_the_sites_own"),
    ),
)

MUTANTS = (*FILES, *CALLS, *MONEY, *EYES)
