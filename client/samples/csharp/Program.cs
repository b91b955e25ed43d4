using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Net.Http;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Threading.Tasks;
using Concordat.V1;
using Google.Rpc;
using Grpc.Core;
using Grpc.Net.Client;
using Date = Google.Type.Date;

namespace Concordat.Samples;

/// <summary>
/// Lists the overdue actions of every plan that the caller's agreement covers, over mutual TLS.
/// <code>list-overdue --target HOST:PORT --ca FILE --cert FILE --key FILE [--purpose PURPOSE] [--on YYYY-MM-DD]</code>
/// --on is the day, in Europe/London, that due dates are judged by (today, if left out). Exits with 0, with 1 when the
/// call was refused or failed, with 2 when the arguments are wrong.
/// </summary>
internal static class Program
{
    private const int DeadlineSeconds = 15;
    private static readonly string[] Required = { "target", "ca", "cert", "key" };
    private static readonly string[] Optional = { "purpose", "on" };

    private static async Task<int> Main(string[] arguments)
    {
        Dictionary<string, string> options;
        try
        {
            options = Read(arguments);
        }
        catch (FormatException error)
        {
            Console.Error.WriteLine($"list-overdue: {error.Message}");
            return 2;
        }
        try
        {
            using SocketsHttpHandler handler = MutualTls(options);
            using GrpcChannel channel = GrpcChannel.ForAddress(
                $"https://{options["target"]}", new GrpcChannelOptions { HttpHandler = handler });
            await ListOverdue(new PlanService.PlanServiceClient(channel), options);
            return 0;
        }
        catch (RpcException error)
        {
            Receipt? receipt = ReceiptOf(error.Trailers);
            string reason = ErrorInfoOf(error)?.Reason ?? error.StatusCode.ToString();
            string ending = receipt is null ? "" : $" (receipt {receipt.Index})";
            Console.Error.WriteLine($"list-overdue: {reason}: {error.Status.Detail}{ending}");
            return 1;
        }
        catch (Exception error) when (error is IOException or CryptographicException)
        {
            Console.Error.WriteLine($"list-overdue: {error.Message}");
            return 1;
        }
    }

    /// <summary>The options by name; FormatException when one is missing, unknown or malformed.</summary>
    private static Dictionary<string, string> Read(string[] arguments)
    {
        var options = new Dictionary<string, string>();
        for (int i = 0; i < arguments.Length; i += 2)
        {
            string name = arguments[i].StartsWith("--", StringComparison.Ordinal) ? arguments[i][2..] : "";
            if (!Required.Concat(Optional).Contains(name))
            {
                throw new FormatException($"there is no option {arguments[i]}");
            }
            if (i + 1 == arguments.Length) throw new FormatException($"--{name} needs a value");
            options[name] = arguments[i + 1];
        }
        string? missing = Required.FirstOrDefault(name => !options.ContainsKey(name));
        if (missing is not null) throw new FormatException($"--{missing} is missing");
        if (options.TryGetValue("on", out string? on)) ToDate(on);
        return options;
    }

    /// <summary>Shows the client's certificate, and trusts the given authority alone.</summary>
    private static SocketsHttpHandler MutualTls(Dictionary<string, string> options)
    {
        using X509Certificate2 pem = X509Certificate2.CreateFromPemFile(options["cert"], options["key"]);
        // Windows takes no key that lives in memory alone.
        var certificate = new X509Certificate2(pem.Export(X509ContentType.Pkcs12));
        var authorities = new X509Certificate2Collection();
        authorities.ImportFromPemFile(options["ca"]);
        var trust = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
        };
        trust.CustomTrustStore.AddRange(authorities);
        return new SocketsHttpHandler
        {
            SslOptions = new SslClientAuthenticationOptions
            {
                ClientCertificates = new X509CertificateCollection { certificate },
                CertificateChainPolicy = trust,
            },
        };
    }

    private static async Task ListOverdue(PlanService.PlanServiceClient plans, Dictionary<string, string> options)
    {
        var metadata = new Metadata();
        if (options.TryGetValue("purpose", out string? purpose)) metadata.Add("concordat-purpose", purpose);
        var request = new ListActionsRequest { Parent = "plans/-", Overdue = true };
        if (options.TryGetValue("on", out string? on)) request.On = ToDate(on);
        int count = 0;
        Receipt? receipt;
        do
        {
            using AsyncUnaryCall<ListActionsResponse> call = plans.ListActionsAsync(
                request, metadata, DateTime.UtcNow.AddSeconds(DeadlineSeconds));
            ListActionsResponse reply = await call.ResponseAsync;
            foreach (Concordat.V1.Action action in reply.Actions) Console.WriteLine(Row(action));
            count += reply.Actions.Count;
            receipt = ReceiptOf(call.GetTrailers());
            request.PageToken = reply.NextPageToken;
        } while (request.PageToken.Length > 0);
        string index = receipt?.Index.ToString(CultureInfo.InvariantCulture) ?? "missing";
        Console.WriteLine($"{count} overdue; receipt {index}");
    }

    private static string Row(Concordat.V1.Action action)
    {
        Date? date = action.Due?.Date;
        string due = date is null ? "-" : $"{date.Year:D4}-{date.Month:D2}-{date.Day:D2}";
        return string.Join('\t', action.Name, due, RagText(action.Rag), action.Overdue ? "overdue" : "not overdue");
    }

    private static string RagText(Rag? rag) => rag?.Effective switch
    {
        Rag.Types.Color.Red => "RED",
        Rag.Types.Color.Amber => "AMBER",
        Rag.Types.Color.Green => "GREEN",
        Rag.Types.Color.Blue => "BLUE",
        Rag.Types.Color.NotReported => "NOT REPORTED",
        _ => "-",
    };

    private static Date ToDate(string text)
    {
        if (!DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out DateOnly day))
        {
            throw new FormatException("--on must be a date such as 2018-11-30");
        }
        return new Date { Year = day.Year, Month = day.Month, Day = day.Day };
    }

    /// <summary>The receipt that names the call's record in the audit log; null when there is none.</summary>
    private static Receipt? ReceiptOf(Metadata trailers)
    {
        byte[]? bytes = trailers.GetValueBytes("concordat-receipt-bin");
        return bytes is null ? null : Receipt.Parser.ParseFrom(bytes);
    }

    /// <summary>The google.rpc.ErrorInfo of an error; null when it carries none.</summary>
    private static ErrorInfo? ErrorInfoOf(RpcException error)
    {
        byte[]? bytes = error.Trailers.GetValueBytes("grpc-status-details-bin");
        if (bytes is null) return null;
        Google.Rpc.Status status = Google.Rpc.Status.Parser.ParseFrom(bytes);
        return status.Details.FirstOrDefault(detail => detail.Is(ErrorInfo.Descriptor))?.Unpack<ErrorInfo>();
    }
}
