#!/usr/bin/perl
# The booking site of a city, as a relying party writes it: Apache's mod_auth_openidc has done the login, this page shows
# what arrived. It knows nothing of Genkan. Environment: CITY (a or b), OIDC_userinfo_json, OIDC_id_token_payload.
use strict;
use warnings;
use utf8;
use JSON::PP;

my %cities = (
    a => { name => 'A市', english => 'A City', halls => ['市民会館 大ホール', '南体育館', '図書館 会議室'] },
    b => { name => 'B市', english => 'B City', halls => ['文化センター', '市民プール', '東公園 テニスコート'] },
);
my %titles = (
    name => '氏名', address => '住所', birthdate => '生年月日', gender => '性別', age_over_18 => '18歳以上',
    age_over_20 => '20歳以上', age_over_65 => '65歳以上', municipality => '居住市区町村', household => '世帯情報',
    interests => '興味関心', email => 'メールアドレス', phone_number => '電話番号', sub => '利用者番号（sub）',
    sources => '出どころ（sources）',
);
my %origins = (
    'card-signed' => '署名用証明書', 'card-read' => 'カードの読み取り', upstream => '他の認証サービス', resident => '本人の入力',
);
my %session_titles = (
    auth_time => 'ログインした時刻', acr => '本人確認の強さ（acr）', amr => '方法（amr）', iss => '発行者（iss）',
);
my %tags = (
    'disaster-prevention' => '防災', 'child-rearing' => '子育て', health => '健康', 'culture-and-sport' => '文化・スポーツ',
);

sub escape { my $s = shift; $s =~ s/&/&amp;/g; $s =~ s/</&lt;/g; $s =~ s/>/&gt;/g; $s =~ s/"/&quot;/g; return $s }

# A value as text: an address shows its formatted form, a list its members, anything else its JSON.
sub plain {
    my $v = shift;
    return JSON::PP::is_bool($v) ? ($v ? 'はい' : 'いいえ') : $v unless ref $v eq 'HASH' || ref $v eq 'ARRAY';
    return join '、', map { ref $_ ? plain($_) : $tags{$_} // $_ } @$v if ref $v eq 'ARRAY';
    return $v->{formatted} if defined $v->{formatted};
    return join ' ', map { plain($v->{$_}) } grep { !ref $v->{$_} } sort keys %$v;
}

# where each of the others came from, and when it was read
sub origins {
    my $v = shift;
    return join '、', map { ($titles{$_} // $_) . '：' . ($origins{ $v->{$_}{source} // '' } // '') . ' ' . ($v->{$_}{as_of} // '') } sort keys %$v;
}

sub given { my $text = $ENV{ $_[0] }; return $text ? eval { decode_json($text) } || {} : {} }

sub page {
    my ($city, $title, $body) = @_;
    my $me = $cities{$city};
    binmode STDOUT, ':utf8';
    print <<"END";
Content-Type: text/html; charset=utf-8
Cache-Control: no-store
Content-Security-Policy: default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'
Referrer-Policy: no-referrer
X-Content-Type-Options: nosniff

<!DOCTYPE html>
<html lang="ja">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$title | $me->{name} 施設予約</title>
<link rel="stylesheet" href="/style.css">
</head>
<body class="city-$city">
<a class="skip" href="#main">本文へ</a>
<header><p class="brand"><a href="/"><b>$me->{name}</b> 施設予約</a></p><p class="english" lang="en">$me->{english} Facility Booking</p></header>
<main id="main" tabindex="-1">
$body
</main>
<footer><p>$me->{name}役所 スポーツ・文化課</p><p class="quiet">これは Genkan を試すための、架空の市のページです。</p></footer>
</body>
</html>
END
}

sub halls { my $city = shift; return join '', map { "<li>$_</li>" } @{ $cities{$city}{halls} } }

sub front {
    my $city = shift;
    my $halls = halls($city);
    page($city, 'ようこそ', <<"END");
<h1>市の施設を予約する</h1>
<p class="lead">体育館、会議室、ホールなどを、自宅から予約できます。</p>
<section aria-labelledby="halls"><h2 id="halls">予約できる施設</h2><ul class="halls">$halls</ul></section>
<p><a class="button" href="/booking/">マイナンバーカードで予約を始める</a></p>
<p class="quiet">ログインは、大阪の共通ログイン「Genkan」で行います。このサイトに暗証番号を入れることはありません。</p>
END
}

sub stopped {
    my $city = shift;
    page($city, 'ログインをやめました', <<"END");
<h1>ログインをやめました</h1>
<p class="lead">この市には何も届いていません。予約するには、もう一度ログインしてください。</p>
<p><a class="button" href="/booking/">もう一度ログインする</a></p>
<p><a href="/">予約の最初のページへ</a></p>
END
}

sub row {
    my ($titles, $key, $value) = @_;
    my ($id, $title, $text) = (escape($key), escape($titles->{$key} // $key), escape(plain($value)));
    return qq(<tr data-claim="$id"><th scope="row">$title</th><td>$text</td></tr>\n);
}

sub booking {
    my $city = shift;
    my ($claims, $session) = (given('OIDC_userinfo_json'), given('OIDC_id_token_payload'));
    my @t = gmtime(($session->{auth_time} // 0) + 9 * 3600); # Japan's time
    $session->{auth_time} = sprintf '%d年%d月%d日 %d時%02d分', $t[5] + 1900, $t[4] + 1, $t[3], $t[2], $t[1];
    $claims->{sources} = origins($claims->{sources}) if ref $claims->{sources} eq 'HASH';
    my $rows = join '', map { row(\%titles, $_, $claims->{$_}) } sort keys %$claims;
    my $facts = join '', map { row(\%session_titles, $_, $session->{$_}) } grep { defined $session->{$_} } qw(auth_time acr amr iss);
    my $greeting = defined $claims->{name} ? escape($claims->{name}) . ' さん、こんにちは' : 'こんにちは';
    my $halls = halls($city);
    my $out = '/oidc/callback?logout=' . (($ENV{REQUEST_SCHEME} // 'http') . '%3A%2F%2F' . ($ENV{HTTP_HOST} =~ s/:/%3A/r) . '%2F');
    page($city, '予約', <<"END");
<h1>$greeting</h1>
<p class="lead">ログインできました。施設を選んで予約できます。</p>
<section aria-labelledby="halls"><h2 id="halls">予約できる施設</h2><ul class="halls">$halls</ul></section>
<section aria-labelledby="claims"><h2 id="claims">この市が受け取ったあなたの情報</h2>
<p>次の項目がすべてです。ほかには何も届いていません。</p>
<table id="received"><tbody>
$rows</tbody></table></section>
<section aria-labelledby="session"><h2 id="session">ログインについて</h2>
<table><tbody>
$facts</tbody></table></section>
<p><a class="button quiet-button" id="logout" href="$out">ログアウトする</a></p>
END
}

my $city = $ENV{CITY} && $cities{ $ENV{CITY} } ? $ENV{CITY} : 'a';
my $path = $ENV{REQUEST_URI} // '';
$path =~ m{^/booking/} ? booking($city) : $path =~ m{^/stopped} ? stopped($city) : front($city);
