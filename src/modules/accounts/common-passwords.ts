// Passwords that guessers try first, in lower case; those under 8 characters need no list.
// Our own name and our platform's are among them.
const words = `
00000000 000000000 0000000000 000000000000 01234567 012345678 0123456789 0987654321 10101010
101010101 10203040 102030405 1020304050 11111111 111111111 1111111111 111111111111 111222333
112112112 11223344 1122334455 112233445566 11235813 12121212 1212121212 12312312 123123123
1231231234 123321123 12341234 123412345 12344321 123454321 1234554321 12345612345 123456123456
12345678 123456780 123456789 1234567890 12345678901234567890 1234567890qwertyuiop 1234567891
12345678910 123456789a 123456789abc 123456789q 12345678a 12345678q 12345679 1234567a 123456aa
123456abc 123456as 123456qwe 12345abc 12345qwert 1234abcd 1234qwer 1234qwerty 123654789 123698745
1236987456 123abc123 123qwe123 123qweasd 123qwerty 13131313 1314520a 135792468 1357924680 14141414
147258369 147852369 159357456 159753456 159951159 19841984 19851985 19861986 19871987 19881988
19891989 19901990 19911991 19921992 1g2w3e4r 1password 1q1q1q1q 1q2w3e4r 1q2w3e4r5t 1q2w3e4r5t6y
1qaz1qaz 1qaz2wsx 1qaz2wsx3edc 1qazxsw2 1qwertyuiop 20002000 20102010 20202020 20202021 22222222
222333444 246813579 2wsx3edc 31415926 314159265 321654987 33333333 420420420 44444444 45454545
456789123 52013140 5201314a 55555555 55667788 66666666 66666666a 69696969 741852963 741852963a
753951852 77777777 789456123 789456123a 852456852 87654321 876543210 88888888 888888888 8888888888
963852741 98765432 987654321 9876543210 99999999 999999999 a1234567 a12345678 a123456789
a1234567890 a1b2c3d4 a1b2c3d4e5 a5201314 aa123123 aa123456 aa12345678 aaa111aaa aaaa1111 aaaaaaaa
aaaaaaaaa aaaaaaaaaa aaaaaaaaaaaa ab123456 abc12345 abc123456 abc123abc abcabc123 abcd1234
abcd12345 abcde12345 abcdef123 abcdefgh abcdefghi abcdefghijklmnopqrstuvwxyz access123 access14
admin123 admin1234 admin12345 admin123456 admin2024 admin@123 adminadmin administrator ahmed123
aini1314 airplane aladdin1 alejandra alejandro alexander alexander1 alexandra alexandria america1
america123 andrew123 android1 angel123 angelica angelina angels123 anthony1 anything apple123
argentina arsenal1 arsenal123 as123456 asd12345 asd123456 asd123asd asdasd123 asdasdasd asdf123!
asdf1234 asdf12345 asdfasdf asdfgh123 asdfghjk asdfghjkl asdfqwer asdqwe123 asdzxc123 ashley12
ashley123 asshole1 australia autumn2024 azerty12 azerty123 azertyui azertyuiop babyboy1 babygirl
babygirl1 babygirl12 bailey12 bailey123 banana123 barcelona barcelona1 barcelona10 baseball
baseball1 baseball123 basketball basketball1 batman12 batman123 beatles1 beautiful beautiful1
bella123 benjamin benjamin1 birthday birthday1 bismillah bismillah1 bitcoin1 blessed1 blink182
blueberry bmw12345 bonjour1 brandon1 brasil10 brasil123 broncos1 brother1 bubbles1 bullshit
business buster12 buster123 butterfly butterfly1 california camaro69 canada123 caonima123
cardinals caroline changeme changeme1 changeme123 charlie1 charlie123 charlotte cheese123 chelsea1
chelsea123 cherries chevrolet chicago1 chicago123 chocolate chocolate1 chouchou christian
christian1 christina christine christopher cinderella cinnamon cisco123 cloudflare cloudflare1
coco1234 coffee123 colombia compaq123 computer computer1 computer123 contrasena contraseña
cookies1 corazon1 corinthians correcthorsebatterystaple corvette counterstrike cowboys1 cristina
crypto123 crystal1 cupcake1 cuteness daniel12 daniel123 danielle danielle1 database daughter
dearbook december default1 default123 deutschland diamond1 diamonds disney12 dodgers1 doggies1
dollars1 dolphin1 dolphins doraemon doudou123 dragon12 dragon123 dragonball eagles123 elephant
elizabeth elizabeth1 eminem12 estrella everton1 facebook facebook1 family123 father123 february
february1 fernando ferrari1 ficken123 firebase1 fishing1 flamengo florida1 flower123 flowers1
football football1 football12 football123 forever1 forever123 forever21 fortnite fortnite1
francesca frederick freedom! freedom1 freedom123 fuckoff1 fuckyou1 fuckyou123 fuckyou2 gabriel1
gabriel123 gabriela gabriella gangster ganster1 garfield gateway1 geheim123 george123 germany1
gfhjkmgfhjkm ghbdtnbr ginger12 ginger123 giovanni goodluck google123 gorgeous grandma1 greenday1
guest123 guestguest guitar123 gunners1 hallelujah hallo123 hannah123 happy123 happyday harley12
haslo123 heavenly hello123 hello1234 hello12345 hello2024 hellohello hellokitty helloworld
hockey12 honda123 hunter12 hunter123 hunting1 ilovegod ilovejesus iloveme1 iloveme123 iloveu123
iloveyou iloveyou! iloveyou1 iloveyou12 iloveyou123 iloveyou2 iloveyou520 iloveyousomuch
indonesia1 internet internet1 iphone123 ironmaiden ironman1 isabella isabella1 jackson1 january1
jasmine1 jennifer jennifer1 jessica1 jessica123 jesus123 jesuschrist jesusislord jetaime1 jonathan
jordan123 jordan23 joshua12 joshua123 juventus kawasaki killer12 killer123 kitty123 klaster1
kochanie krishna1 lakers24 lakshmi1 lamborghini leonardo letmein! letmein1 letmein12 letmein123
letmeinplease lightning linkedin linkinpark lion1234 liverpool liverpool1 liverpool123 lkjhgfdsa
login123 loginlogin logitech lol12345 london123 loulou123 lovebird lovelove lovely123 loveme123
loverboy loveyou1 loveyou123 lucky123 lucky777 m12345678 madison1 maggie12 maggie123 manchester
manutd123 margaret maria123 marina123 marines1 master12 master123 mastermind mateusz1 matkhau123
matrix123 matthew1 mauricio max12345 mercedes mercedes1 metallica metallica1 mexico123 michael1
michael123 michelle michelle1 mickey12 mickeymouse microsoft midnight military million1 minecraft
minecraft1 mnbvcxz1 mohamed1 mohammed molly123 money123 money1234 monkey12 monkey123 monkeys1
moonlight motdepasse mother123 motherfucker motocross muhammad music123 musicman mustang1
mustang123 mypassword mysecret mysql123 naruto12 naruto123 nascar24 nastya123 natalie1 newcastle
newpassword newyork1 newyork123 nguyen123 nicholas nicholas1 nintendo nirvana1 nokia123 nothing1
november october1 oracle123 orange123 p@55w0rd p@ssw0rd p@ssw0rd1 p@ssword p@ssword1 pa$$word
pa55w0rd pa55word packers1 panther1 panthers paradise paradise1 parol123 parola123 pass1234
pass12345 pass123456 passcode passpass passport passw0rd password password! password0 password01
password1 password1! password11 password12 password123 password1234 password12345 password2
password3 password99 passwordpassword passwort passwort1 passwort123 patricia peanut12 pepper12
pepper123 peterpan phoenix1 pikachu1 pocketbase poiuytrewq pokemon1 pokemon123 polska123
porsche911 portugal precious princesa princesa1 princess princess1 princess12 princess123
privet123 puppies1 pussycat q12345678 q1q1q1q1 q1w2e3r4 q1w2e3r4t5 q1w2e3r4t5y6 qazwsx12 qazwsx123
qazwsxedc qazwsxedcrfv qq123456 qq123456789 qwaszx12 qwe12345 qwe123qwe qweasd123 qweasdqwe
qweasdzxc qweasdzxc123 qweqweqwe qwer1234 qwerasdf qwert123 qwert1234 qwert12345 qwerty01 qwerty1!
qwerty12 qwerty123 qwerty1234 qwerty12345 qwerty123456 qwerty123456789 qwerty321 qwertyqwerty
qwertyui qwertyuiop qwertyuiop123 qwertyuiopasdfghjkl qwertyuiopasdfghjklzxcvbnm qwertz123
qwertzui qwertzuiop rahasia123 raiders1 rainbow1 rainbow123 rangers1 realmadrid redskins richard1
robert123 roblox123 rockstar rockstar1 rocky123 root1234 rootroot s12345678 sakura123 samantha
samantha1 samsung1 samsung123 sandiego saturday sayang123 schatz123 scooby12 scoobydoo scotland
sebastian secret12 secret123 security security1 senha123 september server123 shadow12 shadow123
sinterklaas sister12 skateboard slipknot slipknot1 smile123 snickers snoopy12 snowball snowboard
snowflake soccer10 soccer12 soccer123 softball softball1 soldier1 soleil123 something sommer123
spiderman spiderman1 spring2024 starlight startrek starwars starwars1 starwars123 steelers
steelers1 stephanie strawberry success1 success123 summer123 summer2020 summer2021 summer2022
summer2023 summer2024 summer2025 sunflower sunshine sunshine1 sunshine12 sunshine123 supabase
supabase1 superman superman1 superman123 sweetheart sweetie1 sweetpea symantec teamo123 teamomucho
teamomucho1 temp1234 temporary temppass tequiero test1234 test12345 test123456 tester123 testing1
testing123 testpass testtest testuser texas123 thepassword thisisapassword thomas123 thunder1
thursday tigers123 tigger12 tigger123 tinkerbell toor1234 topsecret toyota123 trinity1 trustno1
trustno1! twitter1 undertaker user1234 user12345 username valentina veronica vertebra vertebra1
vertebrae victoria victoria1 w123456789 wachtwoord warcraft warrior1 warriors wednesday welcome01
welcome1 welcome12 welcome123 welcome1234 welcome2024 welkom01 welkom123 whatever whatever1
william1 windows1 windows10 winter123 winter2020 winter2023 winter2024 woaini123 woaini1314
woaini520 wrestling yamaha123 yankees1 z12345678 zaq12wsx zaq1xsw2 zaq1zaq1 zaqwsxcde zeppelin
zxc12345 zxc123456 zxcv1234 zxcvbnm, zxcvbnm1 zxcvbnm123 zxcvbnma zxcvbnmm zxczxczxc zz123456
`;

export const commonPasswords: ReadonlySet<string> = new Set(words.split(/\s+/).filter(Boolean));
