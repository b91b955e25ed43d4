#!/usr/bin/env python3
"""Lists the overdue actions of every plan that the caller's agreement covers, over mutual TLS.

    list_overdue.py --target HOST:PORT --ca FILE --cert FILE --key FILE [--stubs FOLDER]
                    [--purpose PURPOSE] [--on YYYY-MM-DD]

--stubs is the folder with the generated code (README.md); --on the day, in Europe/London, that due dates are judged
by (today, if left out). Exits with 0, with 1 when the call was refused or failed, with 2 when the arguments are wrong.
"""

import argparse
import datetime
import pathlib
import sys

import grpc
from google.rpc import error_details_pb2, status_pb2
from google.type import date_pb2

DEADLINE_SECONDS = 15


def read_arguments():
    parser = argparse.ArgumentParser(prog="list-overdue", allow_abbrev=False)
    for name in ("ca", "cert", "key"):
        parser.add_argument(f"--{name}", required=True, type=pathlib.Path, metavar="FILE")
    parser.add_argument("--target", required=True, metavar="HOST:PORT")
    parser.add_argument("--stubs", default=pathlib.Path(__file__).parent / "stubs", type=pathlib.Path, metavar="FOLDER")
    parser.add_argument("--purpose")
    parser.add_argument("--on", type=datetime.date.fromisoformat, metavar="YYYY-MM-DD")
    return parser.parse_args()


def date_text(date):
    """google.type.Date as YYYY-MM-DD."""
    return f"{date.year:04}-{date.month:02}-{date.day:02}"


def value_of(metadata, key):
    """The first value of a key; None when it is not there."""
    return next((value for name, value in metadata or () if name == key), None)


def receipt_of(metadata):
    """The receipt that names the call's record in the audit log; None when there is none."""
    from concordat.v1 import audit_pb2

    value = value_of(metadata, "concordat-receipt-bin")
    return value and audit_pb2.Receipt.FromString(value)


def error_info(error):
    """The google.rpc.ErrorInfo of an error; None when it carries none."""
    value = value_of(error.trailing_metadata(), "grpc-status-details-bin")
    info = error_details_pb2.ErrorInfo()
    for detail in status_pb2.Status.FromString(value).details if value else ():
        if detail.Unpack(info):
            return info
    return None


def list_overdue(arguments, channel):
    from concordat.v1 import plan_pb2, plan_service_pb2, plan_service_pb2_grpc

    plans = plan_service_pb2_grpc.PlanServiceStub(channel)
    request = plan_service_pb2.ListActionsRequest(parent="plans/-", overdue=True)
    if arguments.on:
        request.on.CopyFrom(date_pb2.Date(year=arguments.on.year, month=arguments.on.month, day=arguments.on.day))
    metadata = [("concordat-purpose", arguments.purpose)] if arguments.purpose else []
    count = 0
    while True:
        reply, call = plans.ListActions.with_call(request, timeout=DEADLINE_SECONDS, metadata=metadata)
        for action in reply.actions:
            due = date_text(action.due.date) if action.due.HasField("date") else "-"
            rag = plan_pb2.Rag.Color.Name(action.rag.effective).replace("_", " ")
            print(action.name, due, rag, "overdue" if action.overdue else "not overdue", sep="\t")
        count += len(reply.actions)
        request.page_token = reply.next_page_token
        if not request.page_token:
            break
    receipt = receipt_of(call.trailing_metadata())
    print(f"{count} overdue; receipt {receipt.index if receipt else 'missing'}")


def main():
    arguments = read_arguments()
    # The generated modules import each other by their path from this folder.
    sys.path.insert(0, str(arguments.stubs))
    credentials = grpc.ssl_channel_credentials(
        arguments.ca.read_bytes(), arguments.key.read_bytes(), arguments.cert.read_bytes())
    try:
        with grpc.secure_channel(arguments.target, credentials) as channel:
            list_overdue(arguments, channel)
    except grpc.RpcError as error:
        info = error_info(error)
        receipt = receipt_of(error.trailing_metadata())
        print(f"list-overdue: {info.reason if info else error.code().name}: {error.details()}"
              + (f" (receipt {receipt.index})" if receipt else ""), file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
