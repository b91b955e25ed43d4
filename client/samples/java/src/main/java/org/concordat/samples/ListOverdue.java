package org.concordat.samples;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.ErrorInfo;
import com.google.type.Date;
import io.grpc.Grpc;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.StatusRuntimeException;
import io.grpc.TlsChannelCredentials;
import io.grpc.protobuf.ProtoUtils;
import io.grpc.protobuf.StatusProto;
import io.grpc.stub.MetadataUtils;
import java.io.File;
import java.io.IOException;
import java.time.LocalDate;
import java.time.format.DateTimeParseException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.concordat.v1.Action;
import org.concordat.v1.ListActionsRequest;
import org.concordat.v1.ListActionsResponse;
import org.concordat.v1.PlanServiceGrpc;
import org.concordat.v1.Receipt;

/**
 * Lists the overdue actions of every plan that the caller's agreement covers, over mutual TLS.
 *
 * <pre>ListOverdue --target HOST:PORT --ca FILE --cert FILE --key FILE [--purpose PURPOSE] [--on YYYY-MM-DD]</pre>
 *
 * <p>--on is the day, in Europe/London, that due dates are judged by (today, if left out). Exits with 0, with 1 when the
 * call was refused or failed, with 2 when the arguments are wrong.
 */
public final class ListOverdue {
  private static final int DEADLINE_SECONDS = 15;
  private static final Set<String> REQUIRED = Set.of("target", "ca", "cert", "key");
  private static final Set<String> OPTIONAL = Set.of("purpose", "on");

  private static final Metadata.Key<String> PURPOSE =
      Metadata.Key.of("concordat-purpose", Metadata.ASCII_STRING_MARSHALLER);
  private static final Metadata.Key<Receipt> RECEIPT =
      Metadata.Key.of("concordat-receipt-bin", ProtoUtils.metadataMarshaller(Receipt.getDefaultInstance()));

  private final Map<String, String> options;

  private ListOverdue(Map<String, String> options) {
    this.options = options;
  }

  public static void main(String[] arguments) throws IOException, InterruptedException {
    ListOverdue program = null;
    try {
      program = new ListOverdue(read(List.of(arguments)));
    } catch (IllegalArgumentException error) {
      System.err.println("list-overdue: " + error.getMessage());
      System.exit(2);
    }
    System.exit(program.run());
  }

  /** The options by name; IllegalArgumentException when one is missing, unknown or malformed. */
  private static Map<String, String> read(List<String> arguments) {
    Map<String, String> options = new HashMap<>();
    for (int i = 0; i < arguments.size(); i += 2) {
      String name = arguments.get(i).replaceFirst("^--", "");
      if (!REQUIRED.contains(name) && !OPTIONAL.contains(name)) {
        throw new IllegalArgumentException("there is no option " + arguments.get(i));
      }
      if (i + 1 == arguments.size()) throw new IllegalArgumentException("--" + name + " needs a value");
      options.put(name, arguments.get(i + 1));
    }
    for (String name : REQUIRED) {
      if (!options.containsKey(name)) throw new IllegalArgumentException("--" + name + " is missing");
    }
    try {
      if (options.containsKey("on")) LocalDate.parse(options.get("on"));
    } catch (DateTimeParseException error) {
      throw new IllegalArgumentException("--on must be a date such as 2018-11-30");
    }
    return options;
  }

  private int run() throws IOException, InterruptedException {
    ManagedChannel channel =
        Grpc.newChannelBuilder(
                options.get("target"),
                TlsChannelCredentials.newBuilder()
                    .trustManager(new File(options.get("ca")))
                    .keyManager(new File(options.get("cert")), new File(options.get("key")))
                    .build())
            .build();
    try {
      listOverdue(channel);
      return 0;
    } catch (StatusRuntimeException error) {
      System.err.println("list-overdue: " + describe(error));
      return 1;
    } finally {
      channel.shutdownNow().awaitTermination(5, TimeUnit.SECONDS);
    }
  }

  private void listOverdue(ManagedChannel channel) {
    AtomicReference<Metadata> trailers = new AtomicReference<>();
    PlanServiceGrpc.PlanServiceBlockingStub plans =
        PlanServiceGrpc.newBlockingStub(channel)
            .withInterceptors(
                MetadataUtils.newAttachHeadersInterceptor(purpose()),
                MetadataUtils.newCaptureMetadataInterceptor(new AtomicReference<>(), trailers));
    ListActionsRequest.Builder request = ListActionsRequest.newBuilder().setParent("plans/-").setOverdue(true);
    if (options.containsKey("on")) request.setOn(toDate(LocalDate.parse(options.get("on"))));
    int count = 0;
    do {
      ListActionsResponse reply =
          plans.withDeadlineAfter(DEADLINE_SECONDS, TimeUnit.SECONDS).listActions(request.build());
      reply.getActionsList().forEach(action -> System.out.println(row(action)));
      count += reply.getActionsCount();
      request.setPageToken(reply.getNextPageToken());
    } while (!request.getPageToken().isEmpty());
    System.out.println(
        count + " overdue; receipt " + receipt(trailers.get()).map(r -> Long.toString(r.getIndex())).orElse("missing"));
  }

  private Metadata purpose() {
    Metadata metadata = new Metadata();
    if (options.containsKey("purpose")) metadata.put(PURPOSE, options.get("purpose"));
    return metadata;
  }

  private static String row(Action action) {
    String due = action.getDue().hasDate() ? toText(action.getDue().getDate()) : "-";
    String rag = action.getRag().getEffective().name().replace('_', ' ');
    return String.join("\t", action.getName(), due, rag, action.getOverdue() ? "overdue" : "not overdue");
  }

  private static Date toDate(LocalDate day) {
    return Date.newBuilder().setYear(day.getYear()).setMonth(day.getMonthValue()).setDay(day.getDayOfMonth()).build();
  }

  private static String toText(Date date) {
    return String.format("%04d-%02d-%02d", date.getYear(), date.getMonth(), date.getDay());
  }

  /** The receipt that names the call's record in the audit log. */
  private static Optional<Receipt> receipt(Metadata trailers) {
    return Optional.ofNullable(trailers).map(metadata -> metadata.get(RECEIPT));
  }

  /** The reason of a refusal, what it says, and the receipt. */
  private static String describe(StatusRuntimeException error) {
    String reason = errorInfo(error).map(ErrorInfo::getReason).orElse(error.getStatus().getCode().name());
    String ending = receipt(error.getTrailers()).map(r -> " (receipt " + r.getIndex() + ")").orElse("");
    return reason + ": " + error.getStatus().getDescription() + ending;
  }

  /** The google.rpc.ErrorInfo of an error. */
  private static Optional<ErrorInfo> errorInfo(StatusRuntimeException error) {
    com.google.rpc.Status status = StatusProto.fromThrowable(error);
    if (status == null) return Optional.empty();
    for (Any detail : status.getDetailsList()) {
      if (!detail.is(ErrorInfo.class)) continue;
      try {
        return Optional.of(detail.unpack(ErrorInfo.class));
      } catch (InvalidProtocolBufferException damaged) {
        return Optional.empty();
      }
    }
    return Optional.empty();
  }
}
